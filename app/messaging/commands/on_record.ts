import { Usage } from './exit_codes.ts'

export const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Things of an act that are named in its line. */
const NAMED = 10

/** Entries of a page. */
export const SHOWN = 50

/**
 * One page of what the modules have on record, the newest first; ids are UUIDv7, so their order is that of
 * time in all modules together.
 *
 * @param before - the id of the last entry of the page before
 * @param read - of one module: its newest entries before that one, at most SHOWN
 * @throws Usage for an id that cannot be
 */
export async function newestOnRecord<Entry extends { id: string }>(
  modules: string[],
  before: string | undefined,
  read: (module: string) => Promise<Entry[]>
): Promise<(Entry & { module: string })[]> {
  if (before !== undefined && !UUID.test(before)) {
    throw new Usage(`--before is "${before}", but must be the id of an entry, a UUID.`)
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

/** The first few, each by what it is named by. */
function listed(all: unknown[]): string {
  const named = all.slice(0, NAMED).map((one) => {
    const parts = typeof one === 'object' && one !== null ? Object.values(one) : [one]
    return parts.filter((part) => part !== null && part !== undefined).join(' ')
  })
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : ''
  return `(${named.join('; ')}${more})`
}
