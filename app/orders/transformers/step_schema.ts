/*
 * A step of the timeline as the API documents it.
 */
import { answer, list, oneOf, orNull, ref, text, time, uuid, whole } from '#http/openapi/schema'
import type { StepType } from '../order_status.ts'
import type { stepBody } from './step_body.ts'

const types: Record<StepType, string> = {
  placed: 'the order was placed',
  revised: 'other lines were asked for',
  details_changed: 'e-mail, name, address or reference changed',
  confirmed: 'the stock is held',
  rejected: 'there was not enough',
  change_accepted: 'the other lines are held',
  change_declined: 'there was not enough for the change: what was held stays held',
  cancelled: 'somebody cancelled it',
  fulfilled: 'it was shipped',
  stock_released: 'inventory has released what was held',
  stock_deducted: 'inventory has deducted what was shipped',
  holding_moved: 'a late answer to an earlier revision moved what is held',
  attention: 'inventory has not answered for long',
}

/** Which of these there are depends on the type. */
const detail = {
  type: 'object',
  properties: {
    lines: list(answer<{ sku: 1; quantity: 1 }>({ sku: text(), quantity: whole('Pieces.', 1) })),
    changed: list(oneOf(['email', 'name', 'reference', 'shipTo'])),
    shortages: list(ref('Shortage')),
    reason: orNull(text('Of the cancellation.')),
    packed: whole('The revision that was shipped.', 1),
    carrier: orNull(text()),
    trackingNumber: orNull(text()),
    trackingUrl: orNull(text()),
    mail: text('The mail that the step sends; not shown to customers.'),
  },
  additionalProperties: false,
  description: 'What belongs to this type of step.',
}

export const stepSchema = answer<ReturnType<typeof stepBody>>({
  sequence: whole('Counts the steps of this order from 1, without a gap.', 1),
  at: time('When it happened.'),
  type: oneOf(
    Object.keys(types),
    Object.entries(types)
      .map(([type, meaning]) => `\`${type}\`: ${meaning}.`)
      .join(' ')
  ),
  status: ref('OrderStatus'),
  revision: whole('The revision after the step.', 1),
  actor: ref('Actor'),
  messageId: orNull(
    uuid('The message that it sent or that caused it; null for none, and to customers.')
  ),
  detail,
})

export const placedStep = {
  sequence: 1,
  at: '2026-11-22T12:00:00.000Z',
  type: 'placed',
  status: 'pending',
  revision: 1,
  actor: { kind: 'customer', id: '0199f3a1-1b2c-7f00-8d11-5a6b7c8d9e0f', name: 'Ada' },
  messageId: null,
  detail: {},
}
