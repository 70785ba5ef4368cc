/*
 * The messages of orders on the topic `orders`, keyed by order id. Inventory subscribes to the first four: each
 * carries the target at a revision, the lines that the order should hold from now on.
 */
import vine from '@vinejs/vine'
import { fields, keys } from './fields.ts'
import { defineMessage } from '#messaging/message/message'

const { object, revision, lines, shortages } = fields

/** Release 0.1.0 did not send it. */
const number = () =>
  fields
    .text('The number of the order that people see: Q-100001.')
    .regex(/^[!-~]{1,64}$/)
    .optional()

const define = <T extends Parameters<typeof vine.compile>[0]>(
  type: string,
  summary: string,
  data: T
) =>
  defineMessage({
    module: 'orders',
    type,
    version: 1,
    summary,
    keySchema: keys.order,
    data: vine.compile(data),
  })

const target = () => lines('The lines that the order should hold from now on.')
const nothing = () => lines('Empty: the order should hold nothing from now on.')

export const orderPlaced = define(
  'order_placed',
  'An order was placed. Its lines are requested, not held yet.',
  object({ revision: revision(), lines: target(), number: number() })
)

export const orderRevised = define(
  'order_revised',
  'The order was changed. It keeps what it holds until order_confirmed.',
  object({ revision: revision(), lines: target(), number: number() })
)

export const orderCancelled = define(
  'order_cancelled',
  'The order was cancelled. This is final.',
  object({
    revision: revision(),
    lines: nothing(),
    reason: fields
      .text('The reason, in the words of the person who cancelled the order.')
      .nullable(),
    number: number(),
  })
)

export const orderFulfilled = define(
  'order_fulfilled',
  'The goods have left. This is final.',
  object({
    revision: revision(),
    lines: nothing(),
    deduct: fields.flag('True: deduct what the order holds from on hand.'),
    number: number(),
  })
)

/** Sent for each outcome after which the order holds lines. */
export const orderConfirmed = define(
  'order_confirmed',
  'The order holds its lines: the ones requested last or, if these were declined, the previous ones.',
  object({
    revision: revision(),
    heldRevision: fields.whole('The revision whose lines are held: `lines`.', 1),
    lines: lines('The lines in force, which are held.'),
    declined: shortages(
      'The shortages because of which the lines of `revision` were declined; null if they were accepted.'
    ).nullable(),
    number: number(),
  })
)

export const orderRejected = define(
  'order_rejected',
  'Stock does not suffice for the lines, and the order holds nothing.',
  object({
    revision: revision(),
    lines: lines('The requested lines.'),
    shortages: shortages('The lines that stock could not meet.'),
    number: number(),
  })
)
