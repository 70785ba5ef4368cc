/*
 * What the operator's commands answer to a script.
 */
import type { BaseCommand } from '@adonisjs/core/ace'
import { isMachineTrouble } from '../retry_policy.ts'

export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  /** A proof found something, or a work was done in part. */
  found: 3,
  unreachable: 4,
  /** Nothing matched. */
  nothing: 5,
} as const

/** Runs the command's work; trouble is a sentence and an exit code, not a stack. */
export async function guarded(command: BaseCommand, work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    const reason = message || code || String(error)
    const away = isMachineTrouble(error) || isBrokerTrouble(error)
    command.exitCode = away ? EXIT.unreachable : EXIT.error
    command.logger.error(away ? `Not reachable: ${reason}` : reason)
  }
}

function isBrokerTrouble(error: unknown) {
  return /^KafkaJS(Connection|NumberOfRetries|RequestTimeout|BrokerNotFound)/.test(
    (error as Error).name
  )
}
