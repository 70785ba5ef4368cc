import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { visibleText } from '#runtime/visible_text'
import { guarded } from './exit_codes.ts'

/** A command that prints a result; errors of `execute` become exit codes. */
export abstract class ReportCommand extends BaseCommand {
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  abstract execute(): Promise<void>

  /** Keys, types and errors come from topics, so their control characters are printed as escapes. */
  override get logger() {
    return new Proxy(super.logger, {
      get(logger, name) {
        const value = Reflect.get(logger, name)
        if (typeof value !== 'function') return value
        const visible = (one: unknown) => (typeof one === 'string' ? visibleText(one) : one)
        return (...args: unknown[]) => value.apply(logger, args.map(visible))
      },
    })
  }

  async run() {
    await guarded(this, () => this.execute())
  }

  /** Prints the result: one JSON document with `--json`, else the lines for a person. */
  protected print(json: object, lines: () => string[]) {
    for (const line of this.json ? [JSON.stringify(json)] : lines()) this.logger.log(line)
  }
}
