import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

/**
 * Reads what it must see to: `p <group>` is a process group to kill, `g <group>` one that is gone, `f <path>` a folder to
 * remove. Its input ends when we do, by whatever death, SIGKILL included: no handler of ours could promise that.
 */
const GUARD = `
trap '' INT TERM HUP
groups=' '
while IFS=' ' read -r what value; do
  case $what in
    p) groups="$groups$value " ;;
    g) groups="\${groups%% $value *} \${groups#* $value }" ;;
    f) set -- "$@" "$value" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
for folder in "$@"; do rm -rf -- "$folder"; done
`

/** @type {import('node:stream').Writable | undefined} */
let guard
/** @type {Set<number>} */
const groups = new Set()

/**
 * Sees to it that a process group does not outlive this process, however this one dies.
 *
 * @param {number} group the pid of a child that was spawned `detached`
 */
export function endWithParent(group) {
  tellGuard('p', group)
  groups.add(group)
}

/**
 * Says that the group ended, since its number may soon be another's.
 *
 * @param {number} group
 */
export function hasEnded(group) {
  if (groups.delete(group)) tellGuard('g', group)
}

/**
 * Sees to it that a folder does not outlive this process.
 *
 * @param {string} folder an absolute path that holds no line break
 */
export function removeWithParent(folder) {
  tellGuard('f', folder)
}

/**
 * @param {'p' | 'g' | 'f'} what
 * @param {number | string} value
 */
function tellGuard(what, value) {
  guard ??= startGuard()
  guard.write(`${what} ${value}\n`)
}

function startGuard() {
  // In a session of its own: an interrupt from the keyboard must not end it before us.
  const child = spawn('/bin/sh', ['-c', GUARD], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const { stdin } = child
  // Gone with a machine that shuts down, or never started: the handler below still covers every orderly end.
  child.on('error', () => undefined)
  stdin.on('error', () => undefined)
  // It waits for our end, so it must not be what keeps us alive.
  child.unref()
  if (stdin instanceof Socket) stdin.unref()
  process.once('exit', () => {
    for (const group of groups) killGroup(group)
  })
  return stdin
}

/** @param {number} group */
function killGroup(group) {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
