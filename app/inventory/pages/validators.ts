/*
 * What the pages of the stock room take. A form sends texts, and an empty one for a field left empty.
 */
import vine from '@vinejs/vine'
import { text } from '#http/fields'
import { sku } from '#http/fields'
import { day, several } from '#http/list_parameters'
import { notZero } from '../validators/stock.ts'
import { REASONS } from '../adjust_stock.ts'
import { MOVEMENT_KINDS, type MovementKind } from '../ledger.ts'
import { SHOWN } from './import_rows.ts'
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

export const adjustmentFormValidator = vine.compile(
  vine.object({
    delta: pieces({ min: -1_000_000, max: 1_000_000 }).use(notZero(undefined)),
    reason: vine.enum(REASONS).parse(empty),
    note: line(500),
  })
)

export const countFormValidator = vine.compile(
  vine.object({
    counted: pieces({ min: 0, max: 2_000_000_000 }),
    expectedOnHand: pieces({ min: 0, max: 2_000_000_000 }),
    note: line(500),
  })
)

export const selectionFormValidator = vine.compile(
  vine.object({
    skus: vine.array(sku()).minLength(1).maxLength(200),
    quantity: pieces({ min: 1, max: 1_000_000 }),
    reference: line(64),
  })
)

export const undoneFormValidator = vine.compile(
  vine.object({ undone: vine.array(vine.string().uuid()).minLength(1).maxLength(200) })
)

/** On the page of an SKU. */
export const itemFilterValidator = vine.compile(
  vine.object({ by: vine.enum(['people', 'order']).parse(empty).optional() })
)

/** On the page of an import. */
export const importFilterValidator = vine.compile(
  vine.object({ show: vine.enum(SHOWN).parse(empty).optional() })
)

const KINDS = Object.keys(MOVEMENT_KINDS) as MovementKind[]
const id = () => vine.string().uuid().parse(empty).optional()
export const ledgerFilterValidator = vine.compile(
  vine.object({
    sku: sku().parse(empty).optional(),
    kind: several(vine.enum(KINDS), KINDS.length).optional(),
    actor: id(),
    order: id(),
    message: id(),
    /** In an order's timeline: what we have said of the message. */
    answer: id(),
    /** In an order's timeline: when the step was that it followed from. */
    since: vine
      .string()
      .parse(empty)
      .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      .optional(),
    import: id(),
    /** A movement that was undone. */
    undo: id(),
    reference: line(64),
    from: day(),
    to: day(),
  })
)

export const restockFormValidator = vine.compile(
  vine.object({ quantity: pieces({ min: 1, max: 1_000_000 }), reference: line(64) })
)

/** A key of the sender's making: what comes again under it has no further effect. */
const key = () => vine.string().regex(/^[\x21-\x7e]{8,64}$/)

const code = () => text(100)

export const scanFormValidator = vine.compile(vine.object({ _key: key(), code: vine.string() }))

export const correctionFormValidator = vine.compile(
  vine.object({ _key: key(), quantity: pieces({ min: 0, max: 1_000_000 }) })
)

/** Of a code that is kept aside. */
export const codeFormValidator = vine.compile(vine.object({ code: code() }))

export const searchCodeValidator = vine.compile(vine.object({ code: code(), q: line(100) }))

export const identityFormValidator = vine.compile(vine.object({ code: code(), sku: sku() }))

export const referenceFormValidator = vine.compile(vine.object({ reference: line(64) }))

/** A receipt as it was seen. */
export const receiptFormValidator = vine.compile(
  vine.object({ id: vine.string(), version: vine.number().withoutDecimals().min(0) })
)
