import type { JSX, ReactNode } from 'react'
import { duration } from '../connection/words.js'
import { Icon, type IconName } from '../ui/icons.js'
import { isOver, type Run, type Step } from './run.js'
import { toolWords } from './tool-words.js'

/** What the agent did for an answer, step by step, under the names that the events have on the wire. */
export function RunSteps({ run }: { run: Run }): JSX.Element {
  return (
    <ol className="steps" aria-label="Steps of the agent">
      {run.steps.map((step, index) => (
        <StepView key={keyOf(step, index)} step={step} run={run} />
      ))}
      {run.phase === 'answering' && (
        <Line icon="pen" tone="busy" words="Writing the answer" event="text_delta" />
      )}
    </ol>
  )
}

function keyOf(step: Step, index: number): string {
  return step.kind === 'tool' ? step.callId : `${step.kind} ${index}`
}

function StepView({ step, run }: { step: Step; run: Run }): JSX.Element {
  switch (step.kind) {
    case 'started':
      return <Line icon="play" words="The agent took the question" event="agent_started" />
    case 'thinking':
      return <Line icon="thought" words={step.note} event="agent_thinking" />
    case 'completed': {
      const failed = run.problem !== undefined
      return (
        <Line
          icon={failed ? 'alert' : 'flag'}
          tone={failed ? 'bad' : 'good'}
          words={failed ? 'Stopped' : 'Completed'}
          event="agent_completed"
          time={duration(step.ms)}
        />
      )
    }
    case 'tool':
      return <ToolStep step={step} over={isOver(run)} />
  }
}

function ToolStep({ step, over }: { step: Step & { kind: 'tool' }; over: boolean }): JSX.Element {
  const { icon, doing, done } = toolWords(step.tool)
  const input = Object.values(step.input).join(', ')
  const { result } = step
  return (
    <>
      <Line
        icon={icon}
        tone={result === undefined && !over ? 'busy' : 'plain'}
        words={
          <>
            <code>{step.tool}</code> {input !== '' && <span className="step__input">{input}</span>}
          </>
        }
        event="tool_executing"
      />
      {result !== undefined && (
        <Line
          icon={result.ok ? 'check' : 'cross'}
          tone={result.ok ? 'good' : 'bad'}
          words={
            <details className="step__details">
              <summary>
                <span className="step__summary">
                  {result.ok ? done : `${doing} failed`}: {firstLine(result.output)}
                </span>
                <Icon name="chevron" className="step__chevron" />
              </summary>
              <p className="step__output">{result.output}</p>
            </details>
          }
          event="tool_completed"
          time={duration(result.ms)}
        />
      )}
    </>
  )
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function Line(props: {
  icon: IconName
  words: ReactNode
  event: string
  time?: string
  tone?: 'plain' | 'busy' | 'good' | 'bad'
}): JSX.Element {
  const { icon, words, event, time, tone = 'plain' } = props
  return (
    <li className="step" data-tone={tone}>
      <span className="step__icon">
        <Icon name={icon} />
      </span>
      <div className="step__words">{words}</div>
      <code className="step__event">{event}</code>
      <span className="step__time">{time}</span>
    </li>
  )
}
