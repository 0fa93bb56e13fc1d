/**
 * @typedef {{
 *   address: import('./address.mjs').Address,
 *   nodes: readonly { name: string, port: number }[],
 *   controlSocket: string,
 *   statsSocket: string,
 *   log: boolean,
 * }} BalancerPlan
 */

/** The backends that hold the nodes, as the statistics name them. */
export const READY_BACKEND = 'ready'
export const UNREADY_BACKEND = 'unready'

const LOG_FORMAT = `    # A path may hold a ticket, and so may a query, which is not logged at all.
    http-request set-var(txn.path) path,regsub('wst1_[A-Za-z0-9_-]{56}','[ticket]',g)
    log-format "%ci %HM %[var(txn.path)] %ST %s %Tt ms %ts"
`

/**
 * Writes the configuration of HAProxy. docs/integration.md says what of it a deployment needs, and why.
 *
 * @param {BalancerPlan} plan
 * @returns {string}
 */
export function haproxyConfig({ address, nodes, controlSocket, statsSocket, log }) {
  const bind = address.host.includes(':')
    ? `ipv6@[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`
  return `global
    # Without it HAProxy reserves memory for as many connections as this user may have, which can be a million.
    fd-hard-limit 8192
    stats socket ${statsSocket} mode 600 level user
${log ? '    log stdout format raw daemon\n' : ''}
defaults
    mode http
${log ? '    log global\n' : ''}    timeout connect 2s
    timeout client 60s
    timeout server 60s
    # Of WebSockets, in place of the two above: longer than the heartbeat of 25 s, which ends what is dead.
    timeout tunnel 1h
    timeout client-fin 10s
    timeout http-request 10s
    timeout http-keep-alive 10s
    timeout queue 5s
    timeout check 2s
    # A node that does not take the connection has not read the request: another one may have it, at once.
    retries 3
    option redispatch 1

frontend address
    bind ${bind}
    # What the client claims to be is taken away; who it is, is said by this proxy alone.
    http-request del-header x-forwarded- -m beg
    http-request del-header forwarded
    option forwardfor
${log ? LOG_FORMAT : ''}    use_backend control if { path_beg /cluster/ }
    use_backend ${UNREADY_BACKEND} if { nbsrv(${READY_BACKEND}) eq 0 }
    default_backend ${READY_BACKEND}

backend ${READY_BACKEND}
    # WebSockets last: the node with the fewest takes the next one.
    balance leastconn
    option httpchk
    http-check send meth GET uri /readyz hdr Host localhost
    http-check expect status 200
    # Not \`on-marked-down shutdown-sessions\`: a node that is not ready for new clients keeps those that it has.
    # Often, and one no is enough: a node that drains has the fewest sockets, so all would be sent to it again.
    default-server check inter 200ms fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down
${nodes.map(({ name, port }) => `    server ${name} 127.0.0.1:${port}`).join('\n')}

backend ${UNREADY_BACKEND}
    # None is ready, as in the seconds in which Redis chooses another master: for what they can do without it the nodes
    # are there all the same, and for the rest they know better than we what is missing, and when to come again.
    balance leastconn
${nodes.map(({ name, port }) => `    server ${name} 127.0.0.1:${port}`).join('\n')}

backend control
    server control unix@${controlSocket}
`
}
