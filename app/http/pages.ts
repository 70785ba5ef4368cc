/*
 * Lists: `{ data, next }`, newest first, by keyset: a page never shifts under a reader.
 */
import vine from '@vinejs/vine'
import type { SchemaTypes } from '@vinejs/vine/types'
import { closed, isUuid, says } from './fields.ts'
import { Problem } from './problem.ts'

/**
 * What a list takes in its query string: `limit`, `cursor`, and these parameters of its own. Others are
 * refused: a misspelt filter must not list everything.
 */
export function listParameters<Parameters extends Record<string, SchemaTypes>>(
  parameters: Parameters
) {
  return vine.compile(
    closed({
      limit: vine
        .number()
        .withoutDecimals()
        .min(1)
        .max(200)
        .use(says('How many at a time; 50 unless you say otherwise.'))
        .optional(),
      cursor: vine.string().maxLength(512).use(says('`next` of the page before.')).optional(),
      ...parameters,
    })
  )
}

/** Of a list that takes `limit` and `cursor` alone. */
export const noFilters = listParameters({})

type Paging = { limit?: number; cursor?: string }

export interface Page<Filters = object> {
  /** 1 to 200. */
  limit: number
  /** The position after which to go on, as `next` gave it; null at the beginning. */
  after: string[] | null
  /** The parameters of the list's own. */
  filters: Filters
}

/**
 * Reads a list's query string.
 *
 * @param parameters - of `listParameters`, for a list that takes more than `limit` and `cursor`
 * @throws ValidationError · Problem 422 `invalid_cursor`
 */
export async function pageOf<Query extends Paging = Paging>(
  queryString: Record<string, unknown>,
  parameters?: { validate(queryString: unknown): Promise<Query> }
): Promise<Page<Omit<Query, keyof Paging>>> {
  const query = await (parameters ?? noFilters).validate(queryString)
  const { limit = 50, cursor, ...filters } = query as Query
  return { limit, after: cursor ? decode(cursor) : null, filters }
}

/**
 * The id after which to go on, in a list in the order of its UUIDs.
 *
 * @throws Problem 422 `invalid_cursor`
 */
export function idAfter({ after }: Page): string | null {
  if (after && !isUuid(after[0])) throw invalidCursor()
  return after && after[0]
}

/**
 * @param rows - up to `limit` + 1 rows: the one too many says that there is more
 * @param position - where a row stands in the order of the list
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
    next: rows.length > limit ? encode(position(shown[shown.length - 1])) : null,
  }
}

function encode(position: string[]) {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

function decode(cursor: string): string[] {
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(position) && position.length > 0 && position.every(isPart)) return position
  } catch {}
  throw invalidCursor()
}

/** PostgreSQL's text cannot hold NUL. */
function isPart(part: unknown) {
  return typeof part === 'string' && !part.includes('\0')
}

export function invalidCursor() {
  return new Problem(
    422,
    'invalid_cursor',
    'The cursor is not one that this list gave. Start again without it.'
  )
}
