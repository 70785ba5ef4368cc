import { flags } from '@adonisjs/core/ace'
import { ConfirmedCommand } from './confirmed_command.ts'
import { UsageError } from './exit_codes.ts'
import { terminalOperator, type Operator } from './operator.ts'

/** `--as` of the commands that record who ran them: `@asOperator declare as?: string`. */
export const asOperator = flags.string({
  description: 'Your name, recorded with the action; by default the user of this terminal',
})

/** A command that changes something, and records who did it and why. */
export abstract class OperatorCommand extends ConfirmedCommand {
  @asOperator
  declare as?: string

  @flags.string({ description: 'The reason, recorded with the action' })
  declare why?: string

  @flags.boolean({ description: 'Show what would happen, and change nothing' })
  declare dryRun: boolean

  protected get operator(): Operator {
    return terminalOperator(this)
  }

  /** @throws UsageError without `--why` */
  protected requireReason(): Operator & { why: string } {
    const { who, why } = this.operator
    if (!why) throw new UsageError('Give a reason: --why="…"')
    return { who, why }
  }
}
