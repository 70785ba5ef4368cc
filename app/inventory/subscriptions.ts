/*
 * What inventory hears: the targets of orders.
 */
import { orderCancelled, orderFulfilled, orderPlaced, orderRevised } from '#contracts/orders'
import { on, type Subscription } from '#messaging/subscription'
import { applyTargets } from './apply_targets.ts'

export const subscriptions: Subscription[] = [
  on([orderPlaced, orderRevised, orderCancelled, orderFulfilled], applyTargets),
]
