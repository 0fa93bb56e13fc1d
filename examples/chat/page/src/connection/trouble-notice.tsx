import type { Cause } from '@wsticket/client'
import type { JSX } from 'react'
import { Icon } from '../ui/icons.js'
import { causeWords } from './words.js'

/** Says beside the conversation why there is no connection, and what can be done. */
export function TroubleNotice({ trouble }: { trouble: Cause | undefined }): JSX.Element {
  return (
    // There before it has something to say: only then is it read out.
    <div role="status">
      {trouble !== undefined && (
        <p className="notice notice--warn">
          <Icon name={trouble.code === 'offline' ? 'offline' : 'alert'} />
          <span>
            {causeWords(trouble)} <code className="code">{trouble.code}</code>
          </span>
        </p>
      )}
    </div>
  )
}
