/** A way of authenticating an upgrade, by its name on the wire. */
export type Pathway = 'ticket' | 'jwt_subprotocol' | 'anonymous'
