import { createInterface } from 'node:readline/promises'
import { flags } from '@adonisjs/core/ace'
import { UsageError } from './exit_codes.ts'
import { ReportCommand } from './report_command.ts'

/** A command that asks before it changes something, and can be interrupted. */
export abstract class ConfirmedCommand extends ReportCommand {
  @flags.boolean({ description: 'Do not ask for confirmation' })
  declare yes: boolean

  /**
   * Asks for confirmation on stderr. Ctrl-C means no. Without a terminal, `--yes` is required.
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
