import type { StoredResponse } from '#http/idempotency'
import { moneyLines, totalOf } from '../../order_lines.ts'
import { heldNow, type OrderRecord } from '../../store/order.ts'

export type OrderBody = ReturnType<typeof orderBody>

/** An order as the API returns it. Every field is present; null if it has no value. */
export function orderBody(order: OrderRecord) {
  const { currency, lines, requestedLines } = order
  const { id, number, reference, customerId, status, revision, version, attention } = order
  const { email, name, shipTo, shortages, ...times } = order
  return {
    id,
    number,
    reference,
    customerId,
    status,
    revision,
    heldRevision: heldNow(order),
    version,
    attention,
    email,
    name,
    shipTo,
    lines: moneyLines(lines, currency),
    requestedLines: requestedLines && moneyLines(requestedLines, currency),
    total: { amount: totalOf(lines), currency },
    shortages,
    placedAt: times.placedAt,
    updatedAt: times.updatedAt,
    confirmedAt: times.confirmedAt,
    rejectedAt: times.rejectedAt,
    cancelledAt: times.cancelledAt,
    cancelReason: times.cancelReason,
    fulfilledAt: times.fulfilledAt,
    carrier: times.carrier,
    trackingNumber: times.trackingNumber,
    trackingUrl: times.trackingUrl,
  }
}

/** A response with the order and its ETag. */
export function orderResponse(order: OrderRecord, status: number): StoredResponse {
  return { status, headers: { ETag: `"${order.version}"` }, body: orderBody(order) }
}

/** The response to a placement: the order, which is `pending`, and its address. */
export function acceptedResponse(order: OrderRecord): StoredResponse {
  const { status, headers, body } = orderResponse(order, 202)
  return { status, headers: { Location: `/api/v1/orders/${order.id}`, ...headers }, body }
}
