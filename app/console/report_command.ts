import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { guarded } from './exit_codes.ts'

/** A command that prints a result; errors of `execute` become exit codes. */
export abstract class ReportCommand extends BaseCommand {
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  abstract execute(): Promise<void>

  async run() {
    await guarded(this, () => this.execute())
  }

  /** Prints the result: one JSON document with `--json`, else the lines for a person. */
  protected print(json: object, lines: () => string[]) {
    for (const line of this.json ? [JSON.stringify(json)] : lines()) this.logger.log(line)
  }
}
