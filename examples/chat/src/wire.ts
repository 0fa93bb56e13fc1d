// What the server and its page must agree on. Nothing is imported here, so that the page takes nothing else along.

/** Bytes of a question's text, in UTF-8. */
export const TEXT_MAX_BYTES: number = 8 * 1024
