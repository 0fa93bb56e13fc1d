import { type FormEvent, type JSX, useEffect, useId, useRef, useState } from 'react'
import type { Failure } from '../api/http.js'
import { Icon } from '../ui/icons.js'
import { signInProblem } from './failure-words.js'

// Published in the README: this is a demo, and these users are there to be tried.
const DEMO_USERS = [
  { name: 'Ada', email: 'ada@example.com', password: 'ada-demo' },
  { name: 'Alan', email: 'alan@example.com', password: 'alan-demo' },
] as const

/** The fields keep their own values: what a password manager writes into them counts, whichever events it fires. */
export function SignInForm(props: {
  email: string
  /** Whether somebody just came back to this form, who would look for the focus here. */
  returning: boolean
  onSignIn: (email: string, password: string) => Promise<Failure | undefined>
}): JSX.Element {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = useRef<HTMLButtonElement>(null)
  const emailField = useRef<HTMLInputElement>(null)
  const passwordField = useRef<HTMLInputElement>(null)
  const problemId = useId()

  // After the fields are usable again, the focus goes where the next try begins.
  useEffect(() => {
    if (problem !== undefined) passwordField.current?.select()
  }, [problem])

  // biome-ignore lint/correctness/useExhaustiveDependencies: only on arrival.
  useEffect(() => {
    if (props.returning) passwordField.current?.focus()
  }, [])

  const signIn = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setProblem(undefined)
    const email = emailField.current?.value ?? ''
    const password = passwordField.current?.value ?? ''
    const failure = await props.onSignIn(email, password)
    if (failure === undefined) return
    setBusy(false)
    setProblem(signInProblem(failure))
  }

  const fillIn = (user: { readonly email: string; readonly password: string }): void => {
    if (emailField.current !== null) emailField.current.value = user.email
    if (passwordField.current !== null) passwordField.current.value = user.password
    setProblem(undefined)
  }

  const described = problem === undefined ? {} : { 'aria-describedby': problemId }
  return (
    <form className="sign-in" onSubmit={(event) => void signIn(event)} aria-busy={busy}>
      <h2 className="sign-in__title">Sign in</h2>
      <label className="field">
        <span className="field__label">E-mail</span>
        <input
          ref={emailField}
          className="field__input"
          type="email"
          name="email"
          autoComplete="username"
          required
          defaultValue={props.email}
          readOnly={busy}
          {...described}
        />
      </label>
      <label className="field">
        <span className="field__label">Password</span>
        <input
          ref={passwordField}
          className="field__input"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          readOnly={busy}
          aria-invalid={problem !== undefined}
          {...described}
        />
      </label>
      <p id={problemId} className="sign-in__problem" role="alert">
        {problem !== undefined && (
          <>
            <Icon name="alert" />
            <span>{problem}</span>
          </>
        )}
      </p>
      <button ref={submit} type="submit" className="button button--primary button--wide" aria-disabled={busy}>
        {busy && <span className="spinner" aria-hidden="true" />}
        {busy ? 'Signing in …' : 'Sign in'}
      </button>
      <fieldset className="demo-users">
        <legend className="demo-users__legend">Or try it as</legend>
        {DEMO_USERS.map((user) => (
          <button
            key={user.email}
            type="button"
            className="demo-user"
            aria-label={`Fill in ${user.name}, ${user.email}`}
            onClick={() => {
              fillIn(user)
              submit.current?.focus()
            }}
          >
            <span className="avatar" aria-hidden="true">
              {user.name.slice(0, 2)}
            </span>
            <span>
              <span className="demo-user__name">{user.name}</span>
              <span className="demo-user__email">
                {user.email} · {user.password}
              </span>
            </span>
          </button>
        ))}
      </fieldset>
    </form>
  )
}
