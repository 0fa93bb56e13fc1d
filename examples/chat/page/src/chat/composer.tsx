import { type FormEvent, type JSX, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { TEXT_MAX_BYTES } from '../../../src/wire.js'
import { Icon } from '../ui/icons.js'

// From here on the count is shown.
const COUNT_FROM_BYTES = TEXT_MAX_BYTES - 1024

/** Where questions are written. */
export function Composer(props: {
  disabled: boolean
  connected: boolean
  onAsk: (text: string) => void
}): JSX.Element {
  const { disabled, connected, onAsk } = props
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const bytes = new TextEncoder().encode(text).length
  const tooLong = bytes > TEXT_MAX_BYTES

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useEffect(() => {
    const area = field.current
    if (area === null) return
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
  }, [text])

  useEffect(() => {
    if (!disabled) field.current?.focus({ preventScroll: true })
  }, [disabled])

  const ask = (): void => {
    if (disabled || tooLong || text.trim() === '') return
    onAsk(text.trim())
    setText('')
    if (field.current !== null) field.current.value = ''
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    ask()
    field.current?.focus()
  }
  const typed = (event: KeyboardEvent): void => {
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    ask()
  }

  return (
    <form className="composer" onSubmit={submit}>
      <div className="composer__box">
        <textarea
          ref={field}
          id="composer"
          className="composer__field"
          rows={1}
          aria-label="Your question"
          aria-describedby="composer-hint"
          aria-invalid={tooLong}
          placeholder="Ask about wsticket, or give a sum"
          disabled={disabled}
          enterKeyHint="send"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={typed}
        />
        <button
          type="submit"
          className="composer__send"
          disabled={disabled || tooLong || text.trim() === ''}
          aria-label="Send"
        >
          <Icon name="send" />
        </button>
      </div>
      <p
        id="composer-hint"
        className="composer__hint"
        data-bad={tooLong}
        data-shown={!connected || disabled || bytes > COUNT_FROM_BYTES}
      >
        {hint({ bytes, tooLong, connected, disabled })}
      </p>
    </form>
  )
}

function hint(facts: { bytes: number; tooLong: boolean; connected: boolean; disabled: boolean }): string {
  const { bytes, tooLong, connected, disabled } = facts
  if (tooLong) return `Too long: ${bytes} of ${TEXT_MAX_BYTES} bytes.`
  if (disabled) return 'Nothing can be sent at the moment.'
  if (!connected) return 'Not connected. What you send waits, and goes out with the next ticket.'
  if (bytes > COUNT_FROM_BYTES) return `${bytes} of ${TEXT_MAX_BYTES} bytes`
  return 'Enter sends, Shift + Enter begins a new line'
}
