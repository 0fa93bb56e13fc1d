'use client'
import type { CauseCode } from '@wsticket/client'
import { explain } from '@wsticket/client/diagnosis'
import { type ReactElement, useActionState } from 'react'
import { auth } from './connection'
import { formText } from './form-text'

/** Signs in; `because` is why that is needed again. */
export function SignIn({ because }: { readonly because?: CauseCode }): ReactElement {
  // An action, and no submit handler: what is submitted before the page is hydrated waits, and does not end up in its address.
  const [problem, signIn, busy] = useActionState(
    async (_before: string, form: FormData) =>
      (await auth.signIn(formText(form, 'email'), formText(form, 'password'))) ?? '',
    '',
  )

  return (
    <form className="sign-in" action={signIn}>
      {because !== undefined && (
        <output className="because">
          {explain({ code: because })} <small>{because}</small>
        </output>
      )}
      <label>
        E-mail
        <input name="email" type="email" autoComplete="username" required defaultValue="ada@example.com" />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete="current-password"
          required
          defaultValue="ada-demo"
        />
      </label>
      {problem !== '' && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" disabled={busy}>
        Sign in
      </button>
    </form>
  )
}
