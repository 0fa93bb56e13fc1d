import type { RefusalCode } from '@wsticket/protocol'
import { expect } from 'vitest'
import type { AdmittedUpgrade, RefusedUpgrade } from '../src/admission/upgrade.js'
import { type Heard, type Rig, type UpgradeAsk, upgradeRequest } from './rig.js'

/** Knocks with an upgrade, as plain data. */
export function admit(
  of: Rig,
  upgrade: UpgradeAsk,
  audience = '/ws',
): Promise<AdmittedUpgrade | RefusedUpgrade> {
  return of.wsticket.binding.desk.admit(upgradeRequest(upgrade), audience)
}

/** Knocks, and has to be let in. */
export async function admitted(of: Rig, upgrade: UpgradeAsk, audience = '/ws'): Promise<AdmittedUpgrade> {
  const decision = await admit(of, upgrade, audience)
  if (!decision.ok) throw new Error(`refused: ${decision.refusal.code}`)
  return decision
}

/** Knocks, and has to be refused with a code, told once and only once. */
export async function refused(
  of: Rig,
  upgrade: UpgradeAsk,
  code: RefusalCode,
  audience = '/ws',
): Promise<Heard> {
  of.take('redeem.refused')
  const decision = await admit(of, upgrade, audience)
  expect(decision).toMatchObject({ ok: false, refusal: { code } })
  const told = of.take('redeem.refused')
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({ code, audience })
  return told[0] ?? { name: 'redeem.refused' }
}
