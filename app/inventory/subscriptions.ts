/*
 * Inventory subscribes to the targets of orders.
 */
import {
  orderCancelled,
  orderFulfilled,
  orderPlaced,
  orderRevised,
} from '#contracts/messages/orders'
import { on, type Subscription } from '#messaging/inbox/subscription'
import { applyTargets } from './reservations/apply_targets.ts'

export const subscriptions: Subscription[] = [
  on([orderPlaced, orderRevised, orderCancelled, orderFulfilled], applyTargets),
]
