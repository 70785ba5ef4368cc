/*
 * Validators of the order pages. Forms send every value as a text; an empty text means no value.
 */
import vine from '@vinejs/vine'
import { lines, search, text } from '#http/fields'
import { day } from '#http/list_parameters'
import { UUID_PATTERN } from '#runtime/uuid'
import { STATUSES } from '../order_state_machine.ts'

const empty = (value: unknown) => (value === '' ? undefined : value)
const line = (longest: number) => text(longest).parse(empty).optional()

export const deskFilterValidator = vine.compile(
  vine.object({
    q: search(254).parse(empty).optional(),
    status: vine.enum(STATUSES).parse(empty).optional(),
    attention: vine.literal('1').parse(empty).optional(),
    mail: vine.literal('waiting').parse(empty).optional(),
    fulfilled: day(),
    from: day(),
    to: day(),
  })
)

/** The newest order that a list has shown. */
export const newerValidator = vine.compile(
  vine.object({
    since: vine
      .string()
      .regex(new RegExp(`^${UUID_PATTERN}$`))
      .optional(),
  })
)

/** The version or revision of the order that the form showed. */
const shown = () => vine.number().withoutDecimals().min(1).max(2_147_483_647)

/** One SKU and quantity per row. A row without SKU is empty; quantity 0 removes the product. */
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

/** The result is input for `fulfilOrderValidator`. */
export const fulfilFormValidator = vine.compile(
  vine.object({
    revision: shown(),
    carrier: line(100),
    trackingNumber: line(100),
    trackingUrl: vine.string().trim().parse(empty).optional(),
  })
)

const note = () => lines(4_000).optional()

/** The note that the form showed, to compare with the stored one. Browsers send line breaks as CRLF. */
const shownNote = () =>
  vine
    .string()
    .parse((value) => (typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value))
    .trim()
    .maxLength(4_000)
    .regex(/^[^\0\p{Cs}]*$/u)
    .optional()

export const noteFormValidator = vine.compile(vine.object({ note: note(), before: shownNote() }))

/** A row of the list with the revision it showed: `id:revision`, 0 if nothing was held. */
const SELECTED = new RegExp(`^${UUID_PATTERN}(:\\d{1,9})?$`)

const selected = () => vine.array(vine.string().regex(SELECTED)).maxLength(100)

export const selectionValidator = vine.compile(vine.object({ orders: selected().optional() }))

export const bulkFulfilmentValidator = vine.compile(
  vine.object({
    orders: selected(),
    /** Selected orders that cannot be fulfilled; the next page shows why. */
    others: selected().optional(),
    carrier: line(100),
  })
)
