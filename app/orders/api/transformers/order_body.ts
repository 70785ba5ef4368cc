import { entityTag } from '#http/headers/if_match'
import type { StoredResponse } from '#http/idempotency'
import { moneyLines, totalOf } from '../../order_lines.ts'
import { heldNow, type OrderRecord } from '../../store/order.ts'

export type OrderBody = ReturnType<typeof orderBody>

/**
 * An order as the API returns it. Every field is present; null if it has no value. The schema in order_schema.ts
 * must list the same fields, or it does not compile.
 */
export function orderBody(order: OrderRecord) {
  const { currency, editedVersion, stockReleasedAt, stockDeductedAt, ...shown } = order
  const { lines, requestedLines } = order
  return {
    ...shown,
    heldRevision: heldNow(order),
    lines: moneyLines(lines, currency),
    requestedLines: requestedLines && moneyLines(requestedLines, currency),
    total: { amount: totalOf(lines), currency },
  }
}

/** A response with the order and its ETag. */
export function orderResponse(order: OrderRecord, status: number): StoredResponse {
  return { status, headers: { ETag: entityTag(order.version) }, body: orderBody(order) }
}

/** The response to a placement: the order, which is `pending`, and its address. */
export function acceptedResponse(order: OrderRecord): StoredResponse {
  const { status, headers, body } = orderResponse(order, 202)
  return { status, headers: { Location: `/api/v1/orders/${order.id}`, ...headers }, body }
}
