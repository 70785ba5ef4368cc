import { flags } from '@adonisjs/core/ace'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { withModuleFlag, type CommandClass } from './module_flag.ts'
import { UsageError } from '#console/exit_codes'
import { isUuid } from '#runtime/uuid'

/** Maximum number of array items in a line. */
const MAX_ITEMS = 10

/** Entries of a page. */
const PAGE = 50

/** Adds `--module` and `--before` to a command that lists operator actions or replays, newest first. */
export function withPageFlags<Base extends CommandClass>(base: Base) {
  abstract class WithPageFlags extends withModuleFlag(base) {
    @flags.string({ description: 'Only entries older than this id' })
    declare before?: string

    /**
     * One page of the entries of all chosen modules. Ids are UUIDv7, so they sort by time.
     *
     * @param read - reads a module's newest entries of the page
     * @throws UsageError for an invalid id
     */
    protected async newestEntries<Entry extends { id: string }>(
      read: (
        from: QueryClientContract,
        page: { before?: string; limit: number }
      ) => Promise<Entry[]>
    ) {
      const { before } = this
      if (before !== undefined && !isUuid(before)) {
        throw new UsageError(`--before is "${before}", but must be the id of an entry, a UUID.`)
      }
      const found = await this.readModules(({ client }) => read(client, { before, limit: PAGE }))
      return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, PAGE)
    }
  }
  return WithPageFlags
}

/** The lines after a page: how to read on, or `none` if it is empty. */
export function pageEnd(page: { id: string }[], none: string): string[] {
  if (page.length === PAGE) return [`More: --before=${page[PAGE - 1].id}`]
  return page.length === 0 ? [none] : []
}

/** A filter or an outcome in one line: `type order_confirmed, keys 3`. */
export function inOneLine(record: object): string {
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
