import type { Line } from '#contracts/fields'
import { orderCancelled, orderFulfilled, orderPlaced, orderRevised } from '#contracts/orders'
import type { Message } from '#messaging/message'
import type { Status } from './order_status.ts'

export interface Targeted {
  id: string
  status: Status
  revision: number
  cancelReason: string | null
}

/**
 * What inventory is told of an order: the lines that should be held from its revision on. An ended
 * order holds none.
 *
 * @param lines - of the revision
 * @param headers - `ce_resendof` when it is said again
 */
export function targetOf(
  { id, status, revision, cancelReason }: Targeted,
  lines: Line[],
  headers: Record<string, string> = {}
): Message<unknown> {
  const wanted = lines.map(({ sku, quantity }) => ({ sku, quantity }))
  switch (status) {
    case 'cancelled':
      return orderCancelled.about(id, { revision, lines: [], reason: cancelReason }, { headers })
    case 'fulfilled':
      return orderFulfilled.about(id, { revision, lines: [], deduct: true }, { headers })
    default: {
      const says = revision === 1 ? orderPlaced : orderRevised
      return says.about(id, { revision, lines: wanted }, { headers })
    }
  }
}
