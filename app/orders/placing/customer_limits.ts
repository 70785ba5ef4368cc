/*
 * Limits for customers: how much they can order, so that no customer can block all stock of a product, and
 * the recipients and texts of their mails. Staff and services are not limited.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { customerLimits as limits } from '#config/orders'
import type { SignedIn } from '#contracts/actor'
import type { Line } from '#contracts/messages/fields'
import { LINK } from '#http/fields'
import { unprocessable } from '#http/problem'
import { run } from '#postgres/run'
import { emailNotYours, orderLimitExceeded } from './exceptions.ts'
import type { OrderRecord } from '../store/order.ts'
import type { CustomerLoad, LoadLimits } from '../store/placement.ts'
import { countUnits, unitsOf } from '../order_lines.ts'

/** The limits on this account's open orders; null if it has none. */
export function loadLimits({ role }: SignedIn): LoadLimits | null {
  const { openOrders, heldUnits } = limits
  if (role !== 'customer' || (openOrders === null && heldUnits === null)) return null
  return { openOrders, heldUnits }
}

/**
 * @param before - the current lines of the order: a line above the limit can stay or shrink
 * @throws Problem 422 `order_limit_exceeded`
 */
export function assertLinesWithinLimit(wanted: Line[], { role }: SignedIn, before: Line[] = []) {
  const most = limits.lineUnits
  if (role !== 'customer' || most === null) return
  const isOver = ({ sku }: Line) => unitsOf(wanted, sku) > Math.max(most, unitsOf(before, sku))
  const over = wanted.find(isOver)
  if (!over) return
  const pointers = wanted.flatMap(({ sku }, n) =>
    sku === over.sku ? [`/lines/${n}/quantity`] : []
  )
  throw orderLimitExceeded('line_pieces', most, pointers)
}

/** @returns Problem 422 `order_limit_exceeded` for the limit that an order with these lines would exceed */
export function loadExceeded({ openOrders, units }: CustomerLoad, wanted: Line[]) {
  if (limits.openOrders !== null && openOrders >= limits.openOrders) {
    return orderLimitExceeded('open_orders', limits.openOrders)
  }
  return orderLimitExceeded('held_pieces', limits.heldUnits ?? units + countUnits(wanted))
}

/**
 * Checks a change against all limits; a change to no more units always passes. Holds the customer's
 * lock until the transaction ends.
 *
 * @throws Problem 422 `order_limit_exceeded`
 */
export async function assertChangeWithinLimits(
  trx: TransactionClientContract,
  order: OrderRecord,
  wanted: Line[],
  by: SignedIn
) {
  assertLinesWithinLimit(wanted, by, order.requestedLines ?? order.lines)
  const most = limits.heldUnits
  if (by.role !== 'customer' || most === null) return
  const asked = countUnits(wanted)
  if (asked <= Math.max(countUnits(order.lines), countUnits(order.requestedLines ?? []))) return
  const [{ units }] = await run<{ units: number }>(trx, loadOfOthers, [by.id, order.id])
  if (units + asked > most) throw orderLimitExceeded('held_pieces', most)
}

const loadOfOthers = {
  name: 'customer_load_of_others',
  text: `select (customer_load($1, $2))[2]::float8 as units`,
}

type Words = Partial<Pick<OrderRecord, 'email' | 'name' | 'reference' | 'shipTo' | 'cancelReason'>>

/**
 * Prevents customers from sending spam through the shop: the e-mail must be the account's, and no text that
 * appears in a mail can contain a link.
 *
 * @param words - the fields that the request sets
 * @throws Problem 422 `email_not_yours`, `invalid_fields`
 */
export function assertOwnWords({ email, cancelReason, ...words }: Words, account: SignedIn) {
  if (account.role !== 'customer') return
  if (email !== undefined && email.toLowerCase() !== account.email?.toLowerCase()) {
    throw emailNotYours()
  }
  const { name, reference, shipTo } = words
  const texts: [string, string | null | undefined][] = [
    ['/name', name],
    ['/reference', reference],
    ['/reason', cancelReason],
    ['/shipTo/name', shipTo?.name],
    ...(shipTo?.address ?? []).map((line, n): [string, string] => [`/shipTo/address/${n}`, line]),
  ]
  const links = texts.filter(([, text]) => text && LINK.test(text)).map(([pointer]) => pointer)
  if (links.length === 0) return
  const detail = 'must not contain "://" or "www." in a customer’s order'
  throw unprocessable(
    'invalid_fields',
    `${links[0]} ${detail}.`,
    links.map((pointer) => ({ pointer, code: 'link', detail }))
  )
}
