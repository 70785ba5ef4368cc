/*
 * What the pages of the order desk take. A form sends texts, and an empty one for a field left empty.
 */
import vine from '@vinejs/vine'
import { text } from '#http/fields'
import { day } from '#http/list_parameters'
import { STATUSES } from '../order_status.ts'

const empty = (value: unknown) => (value === '' ? undefined : value)
const line = (longest: number) => text(longest).parse(empty).optional()

export const deskFilterValidator = vine.compile(
  vine.object({
    q: line(254),
    status: vine.enum(STATUSES).parse(empty).optional(),
    attention: vine.literal('1').parse(empty).optional(),
    fulfilled: day(),
    from: day(),
    to: day(),
  })
)

/** A version or a revision of the order that the form was shown with. */
const shown = () => vine.number().withoutDecimals().min(1).max(2_147_483_647)

/** Row by row; a row without an SKU is one left empty, and none of a product takes it out. */
export const linesFormValidator = vine.compile(
  vine.object({
    version: shown(),
    skus: vine.array(vine.string().trim()).maxLength(110),
    quantities: vine.array(vine.number().withoutDecimals().min(0).max(1_000_000)).maxLength(110),
  })
)

export const contactFormValidator = vine.compile(
  vine.object({
    version: shown(),
    email: vine.string().trim(),
    name: vine.string().trim(),
    reference: line(64),
    shipName: vine.string().trim().optional(),
    shipAddress: vine.string().trim().maxLength(2_000).optional(),
    shipCountry: vine.string().trim().toUpperCase().optional(),
  })
)

export const cancelFormValidator = vine.compile(
  vine.object({ version: shown(), reason: line(500) })
)

/** `fulfilOrderValidator` takes the rest as it is. */
export const fulfilFormValidator = vine.compile(
  vine.object({
    revision: shown(),
    carrier: line(100),
    trackingNumber: line(100),
    trackingUrl: vine.string().trim().parse(empty).optional(),
  })
)

/** A browser sends the end of each line as two characters. */
const note = () =>
  vine
    .string()
    .trim()
    .maxLength(4_000)
    .regex(/^[^\0\p{Cs}]*$/u)
    .parse((value) => (typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value))
    .optional()

export const noteFormValidator = vine.compile(vine.object({ note: note(), before: note() }))

/** Rows of the list with the revision that each was shown with: `id:revision`, 0 where nothing is held. */
const selected = () =>
  vine
    .array(vine.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:\d{1,9})?$/))
    .maxLength(100)

export const selectionValidator = vine.compile(vine.object({ orders: selected().optional() }))

export const bulkFulfilmentValidator = vine.compile(
  vine.object({
    orders: selected(),
    /** Selected as well, and not to be fulfilled: the page that comes next says why. */
    others: selected().optional(),
    carrier: line(100),
  })
)
