import type { LetterFilter } from '../letters.ts'
import { Usage } from './exit_codes.ts'

export interface LetterFlags {
  id?: number
  key?: string
  type?: string
  group?: string
  all?: boolean
}

/** @throws Usage where neither a filter nor --all says which letters are meant */
export function letterFilter({ id, key, type, group, all }: LetterFlags): LetterFilter {
  const filter = Object.fromEntries(
    Object.entries({ id, key, type, group }).filter(([, value]) => value !== undefined)
  )
  if (id !== undefined && !Number.isSafeInteger(id)) throw new Usage('--id must be a whole number.')
  if (Object.keys(filter).length === 0 && !all) {
    throw new Usage('Say which: --id, --key, --type or --group, or --all.')
  }
  return filter
}
