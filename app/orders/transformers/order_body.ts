import type { Answer } from '#http/idempotency'
import type { OrderRecord, PricedLine } from '../models/order.ts'

export type OrderBody = ReturnType<typeof orderBody>

/** An order as the API shows it. Every field is present, null when there is none. */
export function orderBody({ currency, lines, requestedLines, ...order }: OrderRecord) {
  const { id, number, reference, customerId, status, revision, heldRevision, version, attention } =
    order
  const { email, name, shipTo, shortages, ...times } = order
  return {
    id,
    number,
    reference,
    customerId,
    status,
    revision,
    heldRevision,
    version,
    attention,
    email,
    name,
    shipTo,
    lines: lines.map((line) => lineBody(line, currency)),
    requestedLines: requestedLines?.map((line) => lineBody(line, currency)) ?? null,
    total: { amount: total(lines), currency },
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

/** The order as an answer, with its ETag. */
export function orderAnswer(order: OrderRecord, status: number): Answer {
  return { status, headers: { ETag: `"${order.version}"` }, body: orderBody(order) }
}

/** Minor units. */
export function total(lines: PricedLine[]) {
  return lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)
}

function lineBody({ sku, name, quantity, unitPrice }: PricedLine, currency: string) {
  return {
    sku,
    name,
    quantity,
    unitPrice: { amount: unitPrice, currency },
    total: { amount: quantity * unitPrice, currency },
  }
}
