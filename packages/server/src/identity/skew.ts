/** How far clocks may differ unless an option says otherwise, in seconds. */
export const DEFAULT_SKEW_SECONDS = 5

/** More than this is a clock that is wrong, and every second of it is one that an expired token still works. */
export const MAX_SKEW_SECONDS = 30
