/*
 * Validators of the operators' forms. A form sends an empty text for an empty field.
 */
import vine from '@vinejs/vine'
import { DateTime } from 'luxon'
import * as inventory from '#contracts/messages/inventory'
import * as orders from '#contracts/messages/orders'
import { TIME_LIMIT_GROUP, WAITING_GROUP } from '#messaging/recovery/dead_letter_queries'
import messaging from '#messaging/service'
import { text as words, verbatim } from '#http/fields'
import { unprocessable } from '#http/problem'
import { MAX_KEY_LENGTH } from '#messaging/message/message'

/** The types of all messages. */
export const TYPES = [...Object.values(orders), ...Object.values(inventory)]
  .map(({ type }) => type)
  .sort()

const empty = (value: unknown) => (value === '' ? undefined : value)
const module = () => vine.enum(() => messaging.config.modules.map(({ name }) => name))
/** The first module when the address names none. */
const someModule = () => module().parse((value) => value || messaging.config.modules[0].name)
const id = () => vine.number().withoutDecimals().min(1).max(Number.MAX_SAFE_INTEGER)
const uuid = () => vine.string().uuid()

const GROUP = new RegExp(`^([0-9a-f]{10}|${WAITING_GROUP}|${TIME_LIMIT_GROUP})$`)

/** Selects dead letters that match every given field; of all modules when none is named. */
const selection = {
  module: module().parse(empty).optional(),
  group: vine.string().regex(GROUP).parse(empty).optional(),
  key: verbatim(MAX_KEY_LENGTH).parse(empty).optional(),
  id: id().parse(empty).optional(),
}

export const deadLettersValidator = vine.compile(
  vine.object({ ...selection, module: someModule(), after: id().parse(empty).optional() })
)
export const redriveValidator = vine.compile(vine.object(selection))
export const discardValidator = vine.compile(
  vine.object({ ...selection, module: module(), upTo: id().parse(empty).optional() })
)
export const whyValidator = vine.compile(vine.object({ why: words(500) }))
export const deadLetterValidator = vine.compile(vine.object({ module: module(), id: id() }))
export const parkedKeyValidator = vine.compile(
  vine.object({ module: module(), key: verbatim(MAX_KEY_LENGTH) })
)
export const mailValidator = vine.compile(vine.object({ module: vine.string(), id: uuid() }))
/** The mail as the form showed it. */
export const shownMailValidator = vine.compile(
  vine.object({
    attempts: vine.number().withoutDecimals().min(0).max(2_147_483_647),
    held: vine.boolean(),
  })
)
export const operatorActionsValidator = vine.compile(
  vine.object({ before: uuid().parse(empty).optional() })
)
export const replayValidator = vine.compile(vine.object({ module: module(), id: uuid() }))
export const plannedValidator = vine.compile(
  vine.object({
    upTo: vine.number().withoutDecimals().min(0),
    count: id(),
    replay: uuid(),
    why: words(500),
  })
)

export const replayFilterValidator = vine.compile(
  vine.object({
    module: someModule(),
    id: uuid().parse(empty).optional(),
    type: vine.enum(TYPES).parse(empty).optional(),
    key: verbatim(MAX_KEY_LENGTH).parse(empty).optional(),
    from: words(40).parse(empty).optional(),
    to: words(40).parse(empty).optional(),
  })
)

/**
 * Reads the value of a browser's date field in the reader's time zone; returns RFC 3339.
 *
 * @throws Problem 422
 */
export function moment(field: 'from' | 'to', text: string | undefined, zone: string) {
  if (text === undefined) return undefined
  const read = DateTime.fromISO(text, { zone })
  if (read.isValid) return read.toUTC().toISO()!
  const detail = 'must be a time such as 2026-11-22T13:00'
  throw unprocessable('invalid_fields', `/${field} ${detail}`, [
    { pointer: `/${field}`, code: 'moment', detail },
  ])
}

/** The fields that are set. */
export function given<Filter extends object>(filter: Filter): Filter {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Filter
}
