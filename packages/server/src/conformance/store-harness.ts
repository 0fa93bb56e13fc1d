import type { TicketStore } from '../stores/store.js'

/** A fresh store and what the suite must know of it. */
export interface StoreUnderTest {
  readonly store: TicketStore
  /**
   * The step of time, in milliseconds, in which the cases count lives and waits. A store on a manual clock takes
   * a second; one that really waits takes as little as its clock and its round trips tell apart reliably.
   */
  readonly unitMs: number
  /** How long this store keeps what has ended: at least 3 units. */
  readonly graceMs: number
  /** How long a node's lease lasts here. */
  readonly leaseMs: number
  /** Lets at least so many milliseconds pass for the store. */
  readonly advance: (ms: number) => Promise<void>
  /**
   * Opens what the store keeps once more, as another node does; `close` lets go of that, too. Without it, the store is taken
   * for one of a single process, and stands for both nodes.
   */
  readonly another?: () => Promise<TicketStore>
  /** How much the store keeps, counted in whatever it counts. Without it, that is not looked at. */
  readonly size?: () => Promise<number>
  /** Lets go of the store. */
  readonly close?: () => Promise<void>
}

/** Makes a store that no other case has touched. */
export type StoreHarness = () => Promise<StoreUnderTest>

/** One sentence of the contract, and the proof of it. Runs under any test runner, or under none. */
export interface StoreCase {
  readonly name: string
  /** Rejects with an `AssertionError` if the store breaks the sentence. */
  readonly run: (harness: StoreHarness) => Promise<void>
}

/** Makes a case of a proof. */
export function storeCase(name: string, prove: (under: StoreUnderTest) => Promise<void>): StoreCase {
  return {
    name,
    async run(harness) {
      const under = await harness()
      try {
        await prove(under)
      } finally {
        await under.close?.()
      }
    },
  }
}
