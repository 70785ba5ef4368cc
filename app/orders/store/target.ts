import type { Line } from '#contracts/messages/fields'
import {
  orderCancelled,
  orderFulfilled,
  orderPlaced,
  orderRevised,
} from '#contracts/messages/orders'
import type { Message } from '#messaging/message/message'
import { perSku } from '../order_lines.ts'
import type { Status } from '../order_state_machine.ts'

export interface TargetOrder {
  id: string
  /** Null before the order is placed: `placeOrders` adds the number to the message. */
  number: string | null
  status: Status
  revision: number
  cancelReason: string | null
}

/**
 * The message that gives inventory the target of an order: the lines to hold from its revision on. The target
 * of a cancelled or fulfilled order is empty.
 *
 * @param lines - the lines of the revision
 * @param headers - `ce_resendof` for a re-send
 */
export function targetMessage(
  { id, number, status, revision, cancelReason }: TargetOrder,
  lines: Line[],
  headers: Record<string, string> = {}
): Message<unknown> {
  const named = number === null ? {} : { number }
  switch (status) {
    case 'cancelled':
      return orderCancelled.about(
        id,
        { revision, lines: [], reason: cancelReason, ...named },
        { headers }
      )
    case 'fulfilled':
      return orderFulfilled.about(id, { revision, lines: [], deduct: true, ...named }, { headers })
    default: {
      const type = revision === 1 ? orderPlaced : orderRevised
      return type.about(id, { revision, lines: perSku(lines), ...named }, { headers })
    }
  }
}
