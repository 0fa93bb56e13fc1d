import { type JSX, type MemoExoticComponent, memo } from 'react'
import { Icon } from '../ui/icons.js'
import type { Delivery, Exchange } from './conversation.js'
import { RichText } from './rich-text-view.js'
import { isOver, type Run } from './run.js'
import { RunSteps } from './run-steps.js'
import { Sources } from './sources.js'

/** A question with its answer. */
export const ExchangeView: MemoExoticComponent<typeof drawExchange> = memo(drawExchange)

interface ExchangeProps {
  readonly exchange: Exchange
  /** Absent while nothing can be sent. */
  readonly onAskAgain: ((id: string, text: string) => void) | undefined
}

function drawExchange({ exchange, onAskAgain }: ExchangeProps): JSX.Element {
  const { id, text, delivery, problem, run } = exchange
  const canAskAgain = delivery === 'failed' || run?.phase === 'interrupted'
  return (
    <li className="exchange">
      <div className="question" data-delivery={delivery}>
        <span className="visually-hidden">You asked: </span>
        <p className="question__text">{text}</p>
      </div>
      <DeliveryNote delivery={delivery} problem={problem} />
      {run !== undefined && <Answer run={run} />}
      {canAskAgain && onAskAgain !== undefined && (
        <button type="button" className="button button--small ask-again" onClick={() => onAskAgain(id, text)}>
          <Icon name="refresh" />
          Ask again
        </button>
      )}
    </li>
  )
}

function DeliveryNote(props: { delivery: Delivery; problem: string | undefined }): JSX.Element | null {
  switch (props.delivery) {
    case 'waiting':
      return (
        <p className="delivery">
          <Icon name="wait" /> Waiting for the connection
        </p>
      )
    case 'sent':
      return <p className="delivery">Sent …</p>
    case 'received':
      return null
    case 'failed':
      return (
        <p className="delivery delivery--bad">
          <Icon name="alert" /> {props.problem}
        </p>
      )
  }
}

function Answer({ run }: { run: Run }): JSX.Element {
  return (
    <article className="answer" aria-label="Answer" aria-busy={!isOver(run)} data-phase={run.phase}>
      <RunSteps run={run} />
      {run.text !== '' && <RichText text={run.text} />}
      {run.phase === 'interrupted' && (
        <p className="notice notice--warn">
          <Icon name="unplug" />
          <span>The connection was lost in the middle of the answer.</span>
        </p>
      )}
      {run.problem !== undefined && (
        <p className="notice notice--bad">
          <Icon name="alert" />
          <span>
            {run.problem.detail} <code className="code">{run.problem.code}</code>
          </span>
        </p>
      )}
      <Sources sources={run.sources} />
    </article>
  )
}
