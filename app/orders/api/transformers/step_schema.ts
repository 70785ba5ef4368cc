/*
 * The schema of a timeline step in /openapi.json.
 */
import {
  explained,
  list,
  object,
  extensible,
  orNull,
  ref,
  text,
  time,
  uuid,
  whole,
} from '#http/openapi/schema'
import type { StepType } from '../../order_state_machine.ts'
import type { stepBody } from './step_body.ts'

const types: Record<StepType, string> = {
  placed: 'the order was placed',
  revised: 'other lines were requested',
  details_changed: 'the e-mail, name, address or reference changed',
  confirmed: 'the lines are held',
  rejected: 'there was not enough stock',
  change_accepted: 'the new lines are held',
  change_declined: 'there was not enough stock for the change; the earlier lines stay held',
  cancelled: 'the order was cancelled',
  fulfilled: 'the order was shipped',
  stock_released: 'inventory released the held stock',
  stock_deducted: 'inventory deducted the shipped stock',
  holding_moved: 'a late reply to an earlier revision changed which lines are held',
  attention: 'inventory has not replied for a long time',
}

/** The type of the step decides which of these are present. */
const detail = {
  title: 'StepDetail',
  type: 'object',
  properties: {
    lines: list(
      object<{ sku: 1; quantity: 1 }>({ sku: text(), quantity: whole('Units.', 1) }, 'StepLine')
    ),
    changed: list(extensible(['email', 'name', 'reference', 'shipTo'])),
    shortages: list(ref('Shortage')),
    reason: orNull(text('The reason for the cancellation.')),
    packed: whole('The revision that was shipped.', 1),
    carrier: orNull(text()),
    trackingNumber: orNull(text()),
    trackingUrl: orNull(text()),
    mail: text('The mail that the step sends; not shown to customers.'),
  },
  description: 'Details of this type of step.',
}

export const stepSchema = object<ReturnType<typeof stepBody>>({
  sequence: whole('The number of the step in this order, from 1, without gaps.', 1),
  at: time('When it happened.'),
  type: extensible(Object.keys(types), explained(types)),
  status: ref('OrderStatus'),
  revision: whole('The revision after the step.', 1),
  actor: ref('Actor'),
  messageId: orNull(
    uuid('The message that the step sent or that caused it; null for none, and for customers.')
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
