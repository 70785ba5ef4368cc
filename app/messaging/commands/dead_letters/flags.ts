import { flags } from '@adonisjs/core/ace'
import type { DeadLetterFilter } from '../../recovery/dead_letter_queries.ts'
import { withModuleFlag, type CommandClass } from '../module_flag.ts'
import { UsageError } from '#console/exit_codes'

/** Adds the flags that select dead letters to a command. */
export function withDeadLetterFlags<Base extends CommandClass>(base: Base) {
  abstract class WithDeadLetterFlags extends withModuleFlag(base) {
    @flags.number({ description: 'Only the dead letter with this id' })
    declare id?: number

    @flags.string({ description: 'Only dead letters with this key' })
    declare key?: string

    @flags.string({ description: 'Only dead letters of this message type' })
    declare type?: string

    @flags.string({ description: 'Only dead letters of this group' })
    declare group?: string

    @flags.boolean({ description: 'All dead letters' })
    declare all: boolean

    /** @returns null without any filter and without --all */
    protected get filter(): DeadLetterFilter | null {
      const { id, key, type, group } = this
      if (id !== undefined && !Number.isSafeInteger(id)) {
        throw new UsageError('--id must be a whole number.')
      }
      const given = Object.entries({ id, key, type, group }).filter(
        ([, value]) => value !== undefined
      )
      return given.length > 0 || this.all ? Object.fromEntries(given) : null
    }

    /** @throws UsageError without any filter and without --all */
    protected requireFilter(): DeadLetterFilter {
      if (this.filter) return this.filter
      throw new UsageError('Select dead letters with --id, --key, --type or --group, or use --all.')
    }
  }
  return WithDeadLetterFlags
}
