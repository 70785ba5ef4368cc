import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { guarded, UsageError } from './exit_codes.ts'

/** `--module` of the commands that work on one module or on all: `@onModule declare module?: string`. */
export const onModule = flags.string({ description: 'Only this module' })

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

/**
 * The modules that a command is about.
 *
 * @param named - the value of `--module`; all modules without it
 * @throws UsageError for an unknown name
 */
export function chosenModules(all: { name: string }[], named?: string): string[] {
  const names = all.map(({ name }) => name)
  if (named === undefined) return names
  if (!names.includes(named)) {
    throw new UsageError(`Unknown module "${named}". Known modules: ${names.join(', ')}.`)
  }
  return [named]
}
