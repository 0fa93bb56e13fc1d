/** A route that tickets can be for. */
export interface TicketRoute {
  readonly audience: string
  readonly path: string
}

/** The routes that adapters registered. */
export class RouteTable {
  readonly #routes = new Set<TicketRoute>()

  /** Makes a route known. What it returns takes it away again. */
  register({ audience, path }: TicketRoute): () => void {
    const route = { audience, path }
    this.#routes.add(route)
    return () => {
      this.#routes.delete(route)
    }
  }

  /** The audiences, each once. */
  audiences(): readonly string[] {
    return [...new Set([...this.#routes].map(({ audience }) => audience))]
  }

  /** The path of an audience's route, as it was registered last. */
  pathOf(audience: string): string | undefined {
    return [...this.#routes].findLast((route) => route.audience === audience)?.path
  }
}
