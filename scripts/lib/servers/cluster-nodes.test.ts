import { describe, expect, it } from 'vitest'
import { readClusterNodes } from './cluster-nodes.mjs'

describe('readClusterNodes', () => {
  it('reads who is master of which slots, who follows whom, and who failed', () => {
    const text = [
      'aa 127.0.0.1:20001@30001,host,,tls-port=0 myself,master - 0 0 1 connected 0-5460 5500 [5600->-bb]',
      'bb 127.0.0.1:20002@30002 master,fail - 1 2 2 disconnected',
      'cc 127.0.0.1:20003@30003 slave aa 0 3 1 connected',
      'dd 127.0.0.1:20004@30004 slave,fail? bb 0 3 1 connected',
      '',
    ].join('\n')
    const [aa, bb, cc, dd, ...more] = readClusterNodes(text)
    expect(more).toEqual([])
    expect(aa).toEqual({
      id: 'aa',
      port: 20_001,
      isSelf: true,
      isMaster: true,
      masterId: undefined,
      epoch: 1,
      ranges: [
        [0, 5460],
        [5500, 5500],
      ],
      hasFailed: false,
      isSettled: true,
    })
    expect(bb).toMatchObject({ isSelf: false, isMaster: true, hasFailed: true, isSettled: false, ranges: [] })
    expect(cc).toMatchObject({ isMaster: false, masterId: 'aa', hasFailed: false, isSettled: true })
    expect(dd).toMatchObject({ masterId: 'bb', hasFailed: false, isSettled: false })
  })

  it('reads nothing out of nothing', () => {
    expect(readClusterNodes('')).toEqual([])
  })
})
