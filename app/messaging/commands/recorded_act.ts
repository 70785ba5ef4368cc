import { UsageError } from '#console/exit_codes'
import { isUuid } from '#runtime/uuid'

/** Items of a list that one line shows. */
const NAMED = 10

/** Entries of a page. */
export const SHOWN = 50

/**
 * One page of the entries of several modules, newest first. Ids are UUIDv7, so they sort by time.
 *
 * @param before - the id of the last entry of the previous page
 * @param read - reads a module's newest entries before that one, at most SHOWN
 * @throws UsageError for an invalid id
 */
export async function newestOnRecord<Entry extends { id: string }>(
  modules: string[],
  before: string | undefined,
  read: (module: string) => Promise<Entry[]>
): Promise<(Entry & { module: string })[]> {
  if (before !== undefined && !isUuid(before)) {
    throw new UsageError(`--before is "${before}", but must be the id of an entry, a UUID.`)
  }
  const found: (Entry & { module: string })[] = []
  for (const module of modules) {
    const entries = await read(module)
    found.push(...entries.map((entry) => ({ ...entry, module })))
  }
  return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, SHOWN)
}

/** A filter or an outcome in one line, for a person: `type order_confirmed, keys 3`. */
export function inWords(record: object): string {
  return Object.entries(record)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? listed(value) : value}`)
    .join(', ')
}

/** The first few items, each in a few words. */
function listed(all: unknown[]): string {
  const named = all.slice(0, NAMED).map((one) => {
    const parts = typeof one === 'object' && one !== null ? Object.values(one) : [one]
    return parts.filter((part) => part !== null && part !== undefined).join(' ')
  })
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : ''
  return `(${named.join('; ')}${more})`
}
