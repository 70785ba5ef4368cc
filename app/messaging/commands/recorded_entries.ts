import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { UsageError } from '#console/exit_codes'
import { isUuid } from '#runtime/uuid'

/** Maximum number of array items in a line. */
const MAX_ITEMS = 10

/** Entries of a page. */
const PAGE = 50

/**
 * One page of the entries of all chosen modules, newest first. Ids are UUIDv7, so they sort by time.
 *
 * @param before - the id of the last entry of the previous page
 * @param read - reads a module's newest entries before that one
 * @throws UsageError for an invalid id
 */
export async function newestEntries<Entry extends { id: string }>(
  modules: { module: string; client: QueryClientContract }[],
  before: string | undefined,
  read: (client: QueryClientContract, page: { before?: string; limit: number }) => Promise<Entry[]>
): Promise<(Entry & { module: string })[]> {
  if (before !== undefined && !isUuid(before)) {
    throw new UsageError(`--before is "${before}", but must be the id of an entry, a UUID.`)
  }
  const found: (Entry & { module: string })[] = []
  for (const { module, client } of modules) {
    const entries = await read(client, { before, limit: PAGE })
    found.push(...entries.map((entry) => ({ ...entry, module })))
  }
  return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, PAGE)
}

/** The lines after a page: how to read on, or `none` if it is empty. */
export function pageEnd(page: { id: string }[], none: string): string[] {
  if (page.length === PAGE) return [`More: --before=${page[PAGE - 1].id}`]
  return page.length === 0 ? [none] : []
}

/** A filter or an outcome in one line: `type order_confirmed, keys 3`. */
export function inWords(record: object): string {
  return Object.entries(record)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? listed(value) : value}`)
    .join(', ')
}

function listed(all: unknown[]): string {
  const items = all.slice(0, MAX_ITEMS).map((one) => {
    const parts = typeof one === 'object' && one !== null ? Object.values(one) : [one]
    return parts.filter((part) => part !== null && part !== undefined).join(' ')
  })
  const more = all.length > MAX_ITEMS ? ` and ${all.length - MAX_ITEMS} more` : ''
  return `(${items.join('; ')}${more})`
}
