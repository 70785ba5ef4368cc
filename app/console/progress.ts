/** A progress line on stderr that is overwritten in place; silent when stderr is no terminal. */
export function progress(label: string) {
  const { stderr } = process
  if (!stderr.isTTY) return { update() {}, end() {} }
  return {
    update: (done: number, total?: number) => {
      stderr.write(`\r${label} ${done}${total === undefined ? '' : ` of ${total}`}\u001b[K`)
    },
    end: () => void stderr.write('\r\u001b[K'),
  }
}
