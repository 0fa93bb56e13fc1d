import type { JSX } from 'react'
import { Icon, type IconName } from '../ui/icons.js'

const STARTERS: readonly { readonly icon: IconName; readonly text: string; readonly about: string }[] = [
  { icon: 'search', text: 'What is a tenure fence?', about: 'Searches the documents' },
  { icon: 'calculator', text: '12*(7+5)', about: 'Calculates' },
  { icon: 'clock', text: 'What time is it in Tokyo?', about: 'Looks at the clock' },
  { icon: 'ticket', text: 'How does single use work?', about: 'Searches the documents' },
]

/** What to ask first. */
export function Starters(props: {
  name: string
  onAsk: (text: string) => void
  disabled: boolean
}): JSX.Element {
  return (
    <section className="starters" aria-labelledby="starters-title">
      <h1 id="starters-title" className="starters__title">
        Hello {props.name}. What would you like to know?
      </h1>
      <p className="starters__lead">
        Ask about this project, give a sum, or ask for the time. Every answer travels over the socket that
        your ticket opened.
      </p>
      <ul className="starters__list">
        {STARTERS.map(({ icon, text, about }) => (
          <li key={text}>
            <button
              type="button"
              className="starter"
              disabled={props.disabled}
              onClick={() => props.onAsk(text)}
            >
              <span className="starter__icon">
                <Icon name={icon} />
              </span>
              <span>
                <span className="starter__text">{text}</span>
                <span className="starter__about">{about}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
