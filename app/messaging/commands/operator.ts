/*
 * The manners of an operator's command: who, whether, how far, and when to stop.
 */
import { createInterface } from 'node:readline/promises'
import type { BaseCommand } from '@adonisjs/core/ace'
import { terminalUser, type Operator } from '../operator_acts.ts'
import { Usage } from './exit_codes.ts'

/** The person at the terminal, or whom a script acts for. */
export function operator({ as, why }: { as?: string; why?: string }): Operator {
  return { who: as?.trim() || terminalUser(), why: why?.trim() || null }
}

/**
 * The modules that a command is for: the one that is named, or all.
 *
 * @throws Usage
 */
export function chosenModules(all: { name: string }[], named?: string): string[] {
  const names = all.map(({ name }) => name)
  if (named === undefined) return names
  if (!names.includes(named)) {
    throw new Usage(`There is no module "${named}". There are ${names.join(' and ')}.`)
  }
  return [named]
}

/**
 * Asks at a terminal, on stderr; elsewhere --yes is the answer. Ctrl-C is a no.
 *
 * @throws Usage without either
 */
export async function agreed(command: BaseCommand & { yes: boolean }, question: string) {
  if (command.yes) return true
  if (!process.stdin.isTTY) throw new Usage(`${question} Say --yes to go on.`)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const gone = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  try {
    const answer = await Promise.race([terminal.question(`${question} (y/N) `), gone])
    if (/^y(es)?$/i.test(answer.trim())) return true
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
    process.stderr.write('\n')
  } finally {
    terminal.close()
  }
  process.stderr.write('Nothing was done.\n')
  return false
}

/** A line on stderr that is written over and over; nothing where no person looks at it. */
export function progress(what: string) {
  const { stderr } = process
  if (!stderr.isTTY) return { turn() {}, end() {} }
  return {
    turn: (done: number, all?: number) => {
      stderr.write(`\r${what} ${done}${all === undefined ? '' : ` of ${all}`}\u001b[K`)
    },
    end: () => void stderr.write('\r\u001b[K'),
  }
}

/**
 * Does a long work that Ctrl-C and SIGTERM end cleanly: the app goes down only after the work has seen
 * the signal and returned.
 */
export async function interruptible<Result>(
  { app }: BaseCommand,
  work: (signal: AbortSignal) => Promise<Result>
): Promise<Result> {
  const stopping = new AbortController()
  const working = work(stopping.signal)
  app.terminating(async () => {
    stopping.abort()
    await working.catch(() => {})
  })
  return working
}
