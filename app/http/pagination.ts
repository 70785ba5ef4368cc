/*
 * Lists are `{ data, next }`, newest first, with keyset pagination, so that new rows do not shift pages.
 */
import vine from '@vinejs/vine'
import type { SchemaTypes } from '@vinejs/vine/types'
import { isUuid } from '#runtime/uuid'
import { describe, strictObject } from './fields.ts'
import { Problem } from './problem.ts'

/**
 * The query parameters of a list: `limit`, `cursor` and its own. Others are rejected, because a misspelled
 * filter must not list everything.
 */
export function listParameters<Parameters extends Record<string, SchemaTypes>>(
  parameters: Parameters
) {
  return vine.compile(
    strictObject({
      limit: vine
        .number()
        .withoutDecimals()
        .min(1)
        .max(200)
        .use(describe('Maximum number of entries; 50 by default.'))
        .optional(),
      cursor: vine.string().maxLength(512).use(describe('`next` of the previous page.')).optional(),
      ...parameters,
    })
  )
}

/** For a list whose only parameters are `limit` and `cursor`. */
export const noFilters = listParameters({})

type Paging = { limit?: number; cursor?: string }

export interface Page<Filters = object> {
  /** 1 to 200. */
  limit: number
  /** The position to continue after, from `next`; null at the beginning. */
  after: string[] | null
  /** The list's own parameters. */
  filters: Filters
}

/**
 * Parses the query string of a list.
 *
 * @param parameters - from `listParameters`, for a list with its own parameters
 * @throws ValidationError · Problem 422 `invalid_cursor`
 */
export async function pageOf<Query extends Paging = Paging>(
  queryString: Record<string, unknown>,
  parameters?: { validate(queryString: unknown): Promise<Query> }
): Promise<Page<Omit<Query, keyof Paging>>> {
  const query = await (parameters ?? noFilters).validate(queryString)
  const { limit = 50, cursor, ...filters } = query as Query
  return { limit, after: cursor ? positionOf(cursor) : null, filters }
}

/**
 * The id to continue after, in a list ordered by UUID.
 *
 * @throws Problem 422 `invalid_cursor`
 */
export function idAfter({ after }: Page): string | null {
  if (after && !isUuid(after[0])) throw invalidCursor()
  return after && after[0]
}

/**
 * @param rows - up to `limit` + 1 rows; the extra row means that there are more
 * @param position - of a row in the order of the list
 */
export function pageBody<Row>(
  rows: Row[],
  { limit }: Page,
  position: (row: Row) => string[],
  body: (row: Row) => unknown
) {
  const shown = rows.slice(0, limit)
  return {
    data: shown.map(body),
    next: rows.length > limit ? cursorAfter(position(shown[shown.length - 1])) : null,
  }
}

/** The cursor of the page after this position in a list's order. */
export function cursorAfter(position: string[]) {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** The position that `cursorAfter` encoded. @throws Problem 422 `invalid_cursor` */
export function positionOf(cursor: string): string[] {
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(position) && position.length > 0 && position.every(isPart)) return position
  } catch {}
  throw invalidCursor()
}

/** PostgreSQL text cannot hold NUL. */
function isPart(part: unknown) {
  return typeof part === 'string' && !part.includes('\0')
}

export function invalidCursor() {
  return new Problem(
    'invalid_cursor',
    'The cursor is not from this list. Send the value of next unchanged, or leave out cursor to start again.'
  )
}
