/** A message that a page was told to send, numbered from 1 by each client. */
export interface Sent {
  readonly n: number
  /** Milliseconds since 1970, as all times here: page and server run on one machine. */
  readonly at: number
  /** Whether there was an open socket to hand it to, or it had to wait for one. */
  readonly via: 'socket' | 'outbox'
  /** The connection that it was handed to, counted from 1; 0 while it waits. */
  connection: number
}

/** What a client fired, or what its application heard otherwise. */
export interface Fired {
  readonly at: number
  readonly type: 'statechange' | 'open' | 'close' | 'error' | 'threw'
  /** Names of states, for a `statechange`. */
  readonly from?: string
  readonly to?: string
  /** The cause's code, for a `statechange`; what was thrown, for `threw`. */
  readonly because?: string
  /** When it moves on by itself, for a `statechange`. */
  readonly until?: number | undefined
  /** For a `close`, and for a `statechange` that followed a close frame. */
  readonly code?: number | undefined
  readonly reason?: string
}

/** All that a client has lived through. */
export interface ClientRecord {
  readonly client: string
  readonly user: string
  readonly connections: number
  readonly sent: readonly Sent[]
  /** The numbers that the server echoed, in the order in which they came. */
  readonly acknowledged: readonly number[]
  readonly fired: readonly Fired[]
  readonly dials: Dials
}

/** How often a page knocked. */
export interface Dials {
  /** Requests for a ticket, and how many of them gave none. */
  tickets: number
  ticketsFailed: number
  /** Sockets that were dialed, and how many of them never opened. */
  sockets: number
  socketsFailed: number
}

/** Where a client is right now. */
export interface View {
  /** The name of the state, and the code of its cause. */
  readonly state: string
  readonly cause: string
  readonly ref: string | undefined
  /** When it moves by itself, in milliseconds since 1970. */
  readonly until: number | undefined
  readonly connections: number
  readonly sent: number
  readonly acknowledged: number
}

/** Where a client is to be. */
export interface Wanted {
  readonly state: string
  readonly cause?: string
  /** At least so many, this one included. */
  readonly connections?: number
  /** What it does next by itself is due so late, at least. */
  readonly dueInMs?: number
}

/** How a page connects a client. */
export interface ConnectOptions {
  /** Where the server is, or what stands in front of it: `http://127.0.0.1:<port>`. */
  readonly api: string
  /** Tells clients apart, of whatever page. */
  readonly client: string
  readonly user: string
  /** Names the sign-in that the JWT comes from. */
  readonly login: string
  /** How long each JWT lives. */
  readonly lifeSeconds: number
  /** Whether it finds out why connections fail that nobody explains. @default false */
  readonly diagnosed?: boolean
  /** The name under which it shares its login with other tabs. @default it does not */
  readonly sharedAs?: string
}

/** What a page sends: who it believes to be, so that the server can tell if it is heard as somebody else. */
export interface Spoken {
  readonly client: string
  readonly user: string
  readonly n: number
}

/** A line of a server's journal: a message as it came, or an event of the server by its name. */
export interface JournalLine {
  readonly type: string
  readonly at: number
  /** The process that wrote it. */
  readonly pid: number
  /** Whom the session of a message belongs to, or whom an event concerns. */
  readonly subject?: string
  readonly ref?: string
  readonly code?: string
  readonly operation?: string
  readonly spoken?: Spoken
}
