/*
 * What the pages of the stock room take. A form sends texts, and an empty one for a field left empty.
 */
import vine from '@vinejs/vine'
import { text } from '#http/fields'
import { SORTS } from './list_stock.ts'

const empty = (value: unknown) => (value === '' ? undefined : value)

const pieces = (range: { min: number; max: number }) =>
  vine.number().parse(empty).withoutDecimals().min(range.min).max(range.max)

const line = (longest: number) => text(longest).parse(empty).optional()

export const stockFilterValidator = vine.compile(
  vine.object({
    q: line(100),
    level: vine.enum(['low', 'out', 'in']).parse(empty).optional(),
    sort: vine
      .enum([...SORTS, ...SORTS.map((sort) => `-${sort}` as const)])
      .parse(empty)
      .optional(),
  })
)

export const restockFormValidator = vine.compile(
  vine.object({ quantity: pieces({ min: 1, max: 1_000_000 }), reference: line(64) })
)
