import { flags } from '@adonisjs/core/ace'
import { UsageError } from '#console/exit_codes'
import type { DeadLetterFilter } from '../recovery/dead_letter_queries.ts'

export const byId = flags.number({ description: 'Only the dead letter with this id' })
export const byKey = flags.string({ description: 'Only dead letters with this key' })
export const byType = flags.string({ description: 'Only dead letters of this message type' })
export const byGroup = flags.string({ description: 'Only dead letters of this group' })
export const allDeadLetters = flags.boolean({ description: 'All dead letters' })

interface DeadLetterFlags {
  id?: number
  key?: string
  type?: string
  group?: string
  all?: boolean
}

/** @throws UsageError without any filter and without --all */
export function deadLetterFilter({ id, key, type, group, all }: DeadLetterFlags): DeadLetterFilter {
  const filter = Object.fromEntries(
    Object.entries({ id, key, type, group }).filter(([, value]) => value !== undefined)
  )
  if (id !== undefined && !Number.isSafeInteger(id)) {
    throw new UsageError('--id must be a whole number.')
  }
  if (Object.keys(filter).length === 0 && !all) {
    throw new UsageError('Select dead letters with --id, --key, --type or --group, or use --all.')
  }
  return filter
}
