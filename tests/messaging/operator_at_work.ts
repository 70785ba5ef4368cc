/*
 * An operator at a terminal: commands run in the process of the tests, and what they print.
 */
import ace from '@adonisjs/core/services/ace'
import type { BaseCommand } from '@adonisjs/core/ace'

/** Runs a command; `printed` is all that it said, without colours. */
export async function run(
  command: new (...args: any[]) => BaseCommand,
  ...args: string[]
): Promise<{ exitCode: number | undefined; printed: string; json: any }> {
  ace.ui.switchMode('raw')
  ace.ui.logger.flushLogs()
  const { isTTY } = process.stdin
  // Nobody is asked.
  process.stdin.isTTY = false
  try {
    const running = await ace.create(command as never, args)
    await (running as BaseCommand).exec()
    const printed = ace.ui.logger
      .getLogs()
      .map(({ message }) => message)
      .join('\n')
    const { exitCode } = running as BaseCommand
    return { exitCode, printed, json: args.includes('--json') ? jsonIn(printed) : null }
  } finally {
    process.stdin.isTTY = isTTY
    ace.ui.switchMode('normal')
  }
}

function jsonIn(printed: string) {
  try {
    return JSON.parse(printed)
  } catch {
    return null
  }
}
