import { type ClientAction, REFUSALS, type RefusalCode, type RefusalRow } from '@wsticket/protocol'

/** What a client does about a refusal, in words. */
export const ACTION_TEXT: Readonly<Record<ClientAction, string>> = {
  'fetch-ticket-once': 'get a ticket, once',
  'refresh-credential-once': 'refresh the credential, once; with a delay: after it',
  'fresh-ticket': 'get a fresh ticket: at once, then with backoff',
  'refresh-and-reconnect': 'refresh the credential, then connect with a fresh ticket',
  'ask-config-once': 'ask the server which pathways are open, once',
  'reconnect-on-send': 'reconnect when there is something to say',
  'back-off': 'back off, honour the delay',
  'reconnect-with-jitter': 'reconnect, spread by jitter',
  'stop-until-login': 'stop until the user logs in',
  stop: 'stop and say why',
}

/** The HTTP statuses of a refusal, in words; empty if it exists only as the close of a socket. */
export function httpStatuses(code: RefusalCode): string {
  // Both say more than one thing: a wrong method or type or size, and a wrong upgrade.
  if (code === 'request_invalid') return '400, 405, 413, 415, 426, 431'
  return String(REFUSALS[code].http ?? '')
}

/** The page that problem types point into: `/docs/refusals#ticket_used`. Without any script. */
export function refusalsPage(links: {
  readonly stylesheet: string
  readonly icon: string
  readonly docs: string
}): string {
  const rows = Object.entries(REFUSALS) as [RefusalCode, RefusalRow][]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Refusals · wsticket</title>
<link rel="icon" type="image/svg+xml" href="${escapeHtml(links.icon)}">
<link rel="stylesheet" href="${escapeHtml(links.stylesheet)}">
</head>
<body>
<header><a class="brand" href="${escapeHtml(links.docs)}">wsticket</a><nav><a href="${escapeHtml(links.docs)}">Try the interface</a></nav></header>
<main>
<h1>Refusals</h1>
<p>Every refusal has a code from this one table. Over HTTP it is the <code>code</code> of a problem document
(RFC 9457). Over a WebSocket it is the reason of the close frame, <code>&lt;code&gt;</code> or
<code>&lt;code&gt;;retry_after=&lt;seconds&gt;</code>. The codes are the interface, the sentences are not.</p>
<p><em>Once</em> means: the same refusal again, for a fresh credential, is final. What backs off is never final.</p>
<table>
<thead><tr><th scope="col">Code</th><th scope="col">What happened</th><th scope="col">HTTP</th><th scope="col">Close</th><th scope="col">What the client does</th></tr></thead>
<tbody>
${rows.map(([code, row]) => tableRow(code, row)).join('\n')}
</tbody>
</table>
</main>
</body>
</html>
`
}

function tableRow(code: RefusalCode, row: RefusalRow): string {
  const cells = [
    ['What happened', row.title],
    ['HTTP', httpStatuses(code)],
    ['Close', String(row.close ?? '')],
    ['What the client does', ACTION_TEXT[row.action]],
  ] as const
  const rest = cells
    .map(([label, text]) => `<td data-label="${label}">${escapeHtml(text || '—')}</td>`)
    .join('')
  return `<tr id="${code}"><th scope="row"><a href="#${code}"><code>${code}</code></a></th>${rest}</tr>`
}

/** Text as HTML, also within quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** A ticket, half torn. */
export const DOCS_ICON: string =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0f6b57" d="M4 8h14v3h2V8h8a2 2 0 0 1 2 2v3a3 3 0 0 0 0 6v3' +
  'a2 2 0 0 1-2 2h-8v-3h-2v3H4a2 2 0 0 1-2-2v-3a3 3 0 0 0 0-6v-3a2 2 0 0 1 2-2zm14 6v4h2v-4z"/></svg>'

/** The style of the pages under `/docs`, for light and dark. */
export const DOCS_STYLE: string = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #fff; --ink: #1d2320; --soft: #5d6762; --line: #dedbd2; --mark: #0f6b57; --lit: #fff2c9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181a; --card: #1b2123; --ink: #e8ebe7; --soft: #9ba7a2; --line: #323b3d; --mark: #6fd3b8; --lit: #3d3514;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; justify-content: space-between;
  padding: .9rem max(1rem, calc((100vw - 68rem) / 2)); border-bottom: 1px solid var(--line); background: var(--card); }
.brand { font-weight: 700; letter-spacing: .01em; color: var(--ink); text-decoration: none; }
a { color: var(--mark); text-underline-offset: .2em; }
a:focus-visible { outline: 2px solid var(--mark); outline-offset: 3px; border-radius: 2px; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
main h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0 1rem; }
main p { max-width: 44rem; color: var(--soft); }
main code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
main p code { color: var(--ink); }
table { width: 100%; margin-top: 2rem; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
th, td { padding: .6rem .8rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { font-size: .8rem; font-weight: 600; color: var(--soft); }
tbody th { font-weight: 400; white-space: nowrap; }
tbody th a { text-decoration: none; }
tbody th a:hover { text-decoration: underline; }
td[data-label=HTTP] { max-width: 9rem; }
td[data-label=HTTP], td[data-label=Close] { font-variant-numeric: tabular-nums; }
tr { scroll-margin-top: 1rem; }
tr:target { background: var(--lit); }
@media (max-width: 46rem) {
  table, tbody, tr, tbody th, td { display: block; }
  thead { display: none; }
  table { background: none; border: 0; }
  tr { margin-bottom: .8rem; padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; }
  tbody th, td { padding: .15rem 0; border: 0; }
  td[data-label]:not([data-label="What happened"]) { display: flex; gap: .6rem; }
  td[data-label]:not([data-label="What happened"])::before { content: attr(data-label); flex: 0 0 5.5rem; color: var(--soft); font-size: .85rem; line-height: 1.75; }
}
`
