/*
 * Keyset pagination of the admin lists, in both directions: `?after=` and `?before=` hold the position of the
 * last or first row of the page.
 */
import { cursorAfter, positionOf } from '#http/pagination'

export interface Slice {
  limit: number
  /** The position to continue from, exclusive; null at the beginning. */
  from: string[] | null
  /** Towards the beginning: rows are read in reverse order. */
  backwards: boolean
}

/** @throws Problem 422 `invalid_cursor` */
export function sliceOf(query: Record<string, unknown>, limit = 50): Slice {
  const { after, before } = query
  const backwards = after === undefined && before !== undefined
  const given = after ?? before
  return { limit, backwards, from: given === undefined ? null : positionOf(String(given)) }
}

/**
 * @param rows - up to `limit` + 1, in the direction of the slice
 * @param position - of a row in the order of the list
 * @param query - of the URL; its filters are kept
 */
export function shownSlice<Row>(
  rows: Row[],
  { limit, from, backwards }: Slice,
  position: (row: Row) => string[],
  query: Record<string, unknown>
) {
  const more = rows.length > limit
  const shown = rows.slice(0, limit)
  if (backwards) shown.reverse()
  const link = (name: string, row: Row | undefined) =>
    row && addressWith(query, name, cursorAfter(position(row)))
  const hasNext = backwards ? from !== null : more
  const hasPrevious = backwards ? more : from !== null
  return {
    rows: shown,
    previous: hasPrevious ? link('before', shown[0]) : undefined,
    next: hasNext ? link('after', shown.at(-1)) : undefined,
  }
}

/** "?q=mug&level=low&after=…": the query with one parameter replaced. */
export function addressWith(query: Record<string, unknown>, name: string, value: string | null) {
  const { after, before, [name]: replaced, ...kept } = query
  const parameters = new URLSearchParams()
  for (const [key, given] of Object.entries(kept)) {
    for (const one of [given].flat()) if (one !== '') parameters.append(key, String(one))
  }
  if (value !== null) parameters.set(name, value)
  return `?${parameters}`
}
