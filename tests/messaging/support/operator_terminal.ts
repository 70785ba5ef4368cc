/*
 * An operator at a terminal: commands run in the process of the tests, or beside it, and what they print.
 */
import { spawn } from 'node:child_process'
import ace from '@adonisjs/core/services/ace'
import type { BaseCommand } from '@adonisjs/core/ace'
import { APP_ROOT } from '#tests/support/processes/app_process'

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

/** A command as a process of its own, which signals reach; it says nothing but on stdout. */
export function inBackground(...args: string[]) {
  return spawn(process.execPath, ['ace.js', ...args], {
    ...{ cwd: APP_ROOT, env: environment(), stdio: ['ignore', 'pipe', 'ignore'] },
  })
}

/** Of a command beside the tests, on their database. */
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
