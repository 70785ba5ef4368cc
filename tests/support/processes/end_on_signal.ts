/**
 * On Ctrl-C, SIGTERM and SIGHUP, ends the servers that this process has started, then the process with exit code 130.
 * A second Ctrl-C does not end it before them.
 *
 * @param close - called once, perhaps while the process closes its servers anyway
 */
export function endOnSignal(close: () => Promise<unknown>) {
  let isEnding = false
  const end = () => {
    if (isEnding) return
    isEnding = true
    console.error('Stopping the servers…')
    void close()
      .catch((error: Error) => console.error(error.message))
      .finally(() => process.exit(130))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end)
}
