import { describe, expect, it } from 'vitest'
import * as adapter from './adapters/ws.js'
import * as everything from './index.js'

describe('the published names', () => {
  it('are these values and no others', () => {
    expect(Object.keys(everything).sort()).toEqual([
      'WsticketError',
      'auditLog',
      'clientAddresses',
      'createWsticket',
      'introspection',
      'isWsticketError',
      'jwt',
      'memoryStore',
      'systemClock',
    ])
    expect(Object.keys(adapter)).toEqual(['admitUpgrades'])
  })
})
