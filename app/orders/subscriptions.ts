/*
 * What orders hears, and the use case for each.
 */
import {
  productChanged,
  productListed,
  stockDeducted,
  stockRejected,
  stockReleased,
  stockReserved,
} from '#contracts/inventory'
import { on, type Subscription } from '#messaging/subscription'
import { applyPrices } from './price_list.ts'
import { settleOrders } from './settle_orders.ts'

export const subscriptions: Subscription[] = [
  on([productListed, productChanged], applyPrices),
  on([stockReserved, stockRejected, stockReleased, stockDeducted], settleOrders),
]
