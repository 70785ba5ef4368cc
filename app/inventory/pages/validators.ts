/*
 * Validators of the inventory pages. Forms send strings, and an empty string for an empty field.
 */
import vine from '@vinejs/vine'
import { search, sku, text, verbatim } from '#http/fields'
import { day, commaSeparated } from '#http/list_parameters'
import { notZero } from '../api/validators/stock.ts'
import { MOST_AT_ONCE, MOST_ON_HAND } from '../ledger/balance.ts'
import { KINDS } from '../ledger/movement.ts'
import { REASONS } from '../stock/adjust_stock.ts'
import { SHOWN } from './imports/import_rows.ts'
import { SORTS } from './stock/list_stock.ts'

const empty = (value: unknown) => (value === '' ? undefined : value)

const units = (range: { min: number; max: number }) =>
  vine.number().parse(empty).withoutDecimals().min(range.min).max(range.max)

/** The unusual quantity that the person confirmed. */
const confirmed = () => vine.number().parse(empty).optional()

/** The earlier booking that the person confirmed to repeat. */
const again = () => vine.string().parse(empty).optional()

const line = (longest: number) => text(longest).parse(empty).optional()

export const stockFilterValidator = vine.compile(
  vine.object({
    q: search().parse(empty).optional(),
    level: vine.enum(['low', 'out', 'in']).parse(empty).optional(),
    sort: vine
      .enum([...SORTS, ...SORTS.map((sort) => `-${sort}` as const)])
      .parse(empty)
      .optional(),
  })
)

export const adjustmentFormValidator = vine.compile(
  vine.object({
    delta: units({ min: -MOST_AT_ONCE, max: MOST_AT_ONCE }).use(notZero(undefined)),
    reason: vine.enum(REASONS).parse(empty),
    note: line(500),
    confirmed: confirmed(),
  })
)

export const countFormValidator = vine.compile(
  vine.object({
    counted: units({ min: 0, max: MOST_ON_HAND }),
    expectedOnHand: units({ min: 0, max: MOST_ON_HAND }),
    note: line(500),
    confirmed: confirmed(),
  })
)

const goods = () => ({
  quantity: units({ min: 1, max: MOST_AT_ONCE }),
  reference: line(64),
  confirmed: confirmed(),
  again: again(),
})

export const restockFormValidator = vine.compile(vine.object(goods()))

export const selectionFormValidator = vine.compile(
  vine.object({ skus: vine.array(sku()).minLength(1).maxLength(200), ...goods() })
)

export const undoneFormValidator = vine.compile(
  vine.object({ undone: vine.array(vine.string().uuid()).minLength(1).maxLength(200) })
)

export const itemFilterValidator = vine.compile(
  vine.object({ by: vine.enum(['people', 'order']).parse(empty).optional() })
)

export const importFilterValidator = vine.compile(
  vine.object({ show: vine.enum(SHOWN).parse(empty).optional() })
)

const id = () => vine.string().uuid().parse(empty).optional()
export const ledgerFilterValidator = vine.compile(
  vine.object({
    sku: sku().parse(empty).optional(),
    kind: commaSeparated(vine.enum(KINDS), KINDS.length).optional(),
    actor: id(),
    // Movements have no index on their messages.
    order: id().requiredIfExists('message'),
    /** The number of an order. */
    number: line(64),
    message: id(),
    /** For an order's timeline: the id of inventory's reply to the message. */
    answer: id(),
    /** For an order's timeline: the time of the step before the message. */
    since: vine
      .string()
      .parse(empty)
      .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      .optional(),
    import: id(),
    /** The id of a movement that was undone. */
    undo: id(),
    reference: line(64),
    from: day(),
    to: day(),
  })
)

/** The sender's idempotency key. */
const key = () => vine.string().regex(/^[\x21-\x7e]{8,64}$/)

const code = () => verbatim(100)

export const scanFormValidator = vine.compile(vine.object({ _key: key(), code: vine.string() }))

export const correctionFormValidator = vine.compile(
  vine.object({ _key: key(), quantity: units({ min: 0, max: MOST_AT_ONCE }) })
)

export const codeFormValidator = vine.compile(vine.object({ code: code() }))

export const searchCodeValidator = vine.compile(
  vine.object({ code: code(), q: search().parse(empty).optional() })
)

export const identityFormValidator = vine.compile(vine.object({ code: code(), sku: sku() }))

export const referenceFormValidator = vine.compile(vine.object({ reference: line(64) }))

export const receiptFormValidator = vine.compile(
  vine.object({
    id: vine.string(),
    version: vine.number().withoutDecimals().min(0),
    /** The receipt's version whose quantities the person confirmed. */
    confirmed: confirmed(),
    again: again(),
  })
)
