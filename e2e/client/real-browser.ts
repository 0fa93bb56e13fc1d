/** A tab of a browser. */
export interface Tab {
  /** Runs an expression in the page, awaits it, and gives its value, which has to be JSON. */
  run(expression: string): Promise<unknown>
  goto(url: string): Promise<void>
}

/** Tabs that share cookies and storage with each other and with no one else. */
export interface Profile {
  open(url: string): Promise<Tab>
  close(): Promise<void>
}

/** A browser that a user could have. */
export interface RealBrowser {
  profile(): Promise<Profile>
  /** Its processes, all of them, as they are now. */
  processes(): readonly number[]
}
