const LOOK_EVERY_MS = 200

/**
 * Ends this process by SIGTERM when npm, which started it, is gone. npm hands a signal to the shell between it and us, which
 * dies of it without a word: whoever stopped the npm script would leave a server behind that still holds the port.
 *
 * @param {string} script the npm script; for who was started in another way there is nobody to follow
 * @param {NodeJS.ProcessEnv} [env]
 */
export function followNpm(script, env = process.env) {
  if (env.npm_lifecycle_event !== script) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, LOOK_EVERY_MS)
  watch.unref()
}
