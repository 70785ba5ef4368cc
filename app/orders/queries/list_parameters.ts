import vine from '@vinejs/vine'
import { email, describe, sku, text } from '#http/fields'
import { commaSeparated, flag, instant } from '#http/list_parameters'
import { listParameters } from '#http/pagination'
import { STATUSES } from '../order_state_machine.ts'

export const orderListParameters = listParameters({
  status: commaSeparated(vine.enum(STATUSES), STATUSES.length)
    .use(describe('Repeat the parameter, or separate values with commas.'))
    .optional(),
  customerId: vine.string().uuid().optional(),
  email: email().use(describe('The e-mail of the order; case is ignored.')).optional(),
  number: vine
    .string()
    .trim()
    .regex(/^([Qq]-)?\d{1,15}$/)
    .use(describe('With or without `Q-`.'))
    .optional(),
  reference: text(64).optional(),
  sku: sku().use(describe('Orders with this SKU among their lines.')).optional(),
  attention: flag('Orders that need attention.').optional(),
  placedAfter: instant('At this time or later.').optional(),
  placedBefore: instant('Before this time.').optional(),
  updatedAfter: instant(
    'Changed at this time or later. For polling, use a small overlap.'
  ).optional(),
})
