/*
 * What orders says on the topic `orders`, keyed by order id. Inventory hears the first four: each
 * carries the target lines at a revision, what should be held for the order from now on.
 */
import vine from '@vinejs/vine'
import { fields, keys } from './fields.ts'
import { defineMessage } from '../messaging/message.ts'

const { object, revision, lines, shortages } = fields

const says = <T extends Parameters<typeof vine.compile>[0]>(
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

const target = () => lines('What should be held for the order from now on.')
const nothing = () => lines('Empty: nothing should be held for the order from now on.')

export const orderPlaced = says(
  'order_placed',
  'A customer has placed an order; its lines are wanted, and not held yet.',
  object({ revision: revision(), lines: target() })
)

export const orderRevised = says(
  'order_revised',
  'Other lines are wanted; what was held stays held until order_confirmed.',
  object({ revision: revision(), lines: target() })
)

export const orderCancelled = says(
  'order_cancelled',
  'The order is cancelled, for good.',
  object({
    revision: revision(),
    lines: nothing(),
    reason: fields.text('As the one who cancelled it put it.').nullable(),
  })
)

export const orderFulfilled = says(
  'order_fulfilled',
  'The goods have left, for good.',
  object({
    revision: revision(),
    lines: nothing(),
    deduct: fields.flag('True: what was held is taken off what is on hand.'),
  })
)

/** At every settling. */
export const orderConfirmed = says(
  'order_confirmed',
  'The lines are held: those that were wanted last, or, where these were declined, those from before.',
  object({
    revision: revision(),
    heldRevision: fields.whole('The revision whose lines are held: `lines`.', 1),
    lines: lines('Those in force: what is held.'),
    declined: shortages(
      'Why the lines of `revision` could not be had; null when they could.'
    ).nullable(),
  })
)

export const orderRejected = says(
  'order_rejected',
  'The lines could not be had, and nothing is held.',
  object({
    revision: revision(),
    lines: lines('Those that were wanted.'),
    shortages: shortages('What was missing.'),
  })
)
