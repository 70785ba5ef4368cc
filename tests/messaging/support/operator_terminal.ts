/*
 * Runs operators' commands, in the process of the tests or in one of their own, and reads their output.
 */
import { spawn } from 'node:child_process'
import ace from '@adonisjs/core/services/ace'
import type { BaseCommand } from '@adonisjs/core/ace'
import { APP_ROOT } from '#tests/support/processes/app_process'

/** Runs a command; `printed` is its output without colours. */
export async function run(
  command: new (...args: any[]) => BaseCommand,
  ...args: string[]
): Promise<{ exitCode: number | undefined; printed: string; json: any }> {
  ace.ui.switchMode('raw')
  ace.ui.logger.flushLogs()
  const { isTTY } = process.stdin
  // Without a terminal no command asks for confirmation.
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

/** Starts a command in a process of its own, which can be sent signals; only stdout is read. */
export function inBackground(...args: string[]) {
  return spawn(process.execPath, ['ace.js', ...args], {
    ...{ cwd: APP_ROOT, env: environment(), stdio: ['ignore', 'pipe', 'ignore'] },
  })
}

/** The settings of a command that uses the database of the tests. */
export function environment() {
  const { PATH = '', HOME = '', DATABASE_URL = '', DATA_DIR = '', APP_KEY = '' } = process.env
  return { PATH, HOME, DATABASE_URL, DATA_DIR, APP_KEY, NODE_ENV: 'development' }
}

function jsonIn(printed: string) {
  try {
    return JSON.parse(printed)
  } catch {
    return null
  }
}
