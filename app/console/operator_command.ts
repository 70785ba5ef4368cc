import { createInterface } from 'node:readline/promises'
import { flags } from '@adonisjs/core/ace'
import { UsageError } from './exit_codes.ts'
import { terminalOperator, type Operator } from './operator.ts'
import { ReportCommand } from './report_command.ts'

/** `--as` of the commands that record who ran them: `@asOperator declare as?: string`. */
export const asOperator = flags.string({
  description: 'Your name for the record; by default the user of this terminal',
})

/** A command that changes something: it asks first, records who did it and why, and can be interrupted. */
export abstract class OperatorCommand extends ReportCommand {
  @asOperator
  declare as?: string

  @flags.string({ description: 'The reason, for the record' })
  declare why?: string

  @flags.boolean({ description: 'Show what would happen, and change nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Do not ask for confirmation' })
  declare yes: boolean

  protected get operator(): Operator {
    return terminalOperator(this)
  }

  /** @throws UsageError without `--why` */
  protected requireReason(): Operator & { why: string } {
    const { who, why } = this.operator
    if (!why) throw new UsageError('Give a reason: --why="…"')
    return { who, why }
  }

  /**
   * Asks at a terminal, on stderr; elsewhere `--yes` is required. Ctrl-C means no.
   *
   * @throws UsageError without a terminal and without `--yes`
   */
  protected async confirmed(question: string): Promise<boolean> {
    if (this.yes) return true
    if (!process.stdin.isTTY) throw new UsageError(`${question} Confirm with --yes.`)
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
    try {
      const answer = await Promise.race([terminal.question(`${question} (y/N) `), closed])
      if (/^y(es)?$/i.test(answer.trim())) return true
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error
      process.stderr.write('\n')
    } finally {
      terminal.close()
    }
    process.stderr.write('Nothing was changed.\n')
    return false
  }

  /** Runs work that Ctrl-C and SIGTERM end cleanly: the app shuts down after the work has returned. */
  protected async interruptible<Result>(
    work: (signal: AbortSignal) => Promise<Result>
  ): Promise<Result> {
    const stopping = new AbortController()
    const working = work(stopping.signal)
    this.app.terminating(async () => {
      stopping.abort()
      await working.catch(() => {})
    })
    return working
  }
}
