import type { Infer } from '@vinejs/vine/types'
import { uuidv7 } from 'uuidv7'
import type { SignedIn } from '#contracts/actor'
import { Problem, unprocessable } from '#http/problem'
import type { OrderRecord } from '../store/order.ts'
import type { PricedLines } from './price_list.ts'
import type { placeOrderValidator } from './validators.ts'

export type Placement = Infer<typeof placeOrderValidator>

/**
 * The order of a placement: `pending`, without a number.
 *
 * @throws Problem 403 `not_your_account` · 422 `invalid_fields` without a contact
 */
export function newOrder(
  placement: Placement,
  account: SignedIn,
  { lines, currency }: PricedLines
): OrderRecord {
  const now = new Date().toISOString()
  return {
    id: uuidv7(),
    number: null,
    reference: placement.reference ?? null,
    customerId: customerOf(placement, account),
    status: 'pending',
    revision: 1,
    heldRevision: null,
    version: 1,
    editedVersion: 1,
    attention: false,
    ...contactOf(placement, account),
    shipTo: placement.shipTo ?? null,
    currency,
    lines,
    requestedLines: null,
    shortages: [],
    placedAt: now,
    updatedAt: now,
    confirmedAt: null,
    rejectedAt: null,
    cancelledAt: null,
    cancelReason: null,
    fulfilledAt: null,
    stockReleasedAt: null,
    stockDeductedAt: null,
    carrier: null,
    trackingNumber: null,
    trackingUrl: null,
  }
}

/** An order for another account must name the contact, so that its mails do not go to the staff. */
function contactOf({ email, name, customerId }: Placement, account: SignedIn) {
  const own = !customerId || customerId === account.id
  return {
    email: email ?? (own ? account.email : null) ?? missing('email', own),
    name: name ?? (own ? account.name : missing('name', own)),
  }
}

/** Customers order for themselves; staff and services for the account they name, or for a guest. */
function customerOf({ customerId }: Placement, account: SignedIn) {
  if (account.role !== 'customer') return customerId ?? null
  if (customerId && customerId !== account.id) {
    throw new Problem(
      'not_your_account',
      'Customers can order only for themselves. Leave customerId out.'
    )
  }
  return account.id
}

function missing(field: string, own: boolean): never {
  const detail = own
    ? `is required, because your account has no ${field}`
    : 'is required with customerId'
  throw unprocessable('invalid_fields', `/${field} ${detail}.`, [
    { pointer: `/${field}`, code: 'required', detail },
  ])
}
