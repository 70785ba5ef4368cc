/*
 * The messages that orders consumes, with their handlers.
 */
import {
  productChanged,
  productListed,
  stockDeducted,
  stockRejected,
  stockReleased,
  stockReserved,
} from '#contracts/messages/inventory'
import { on, type Subscription } from '#messaging/inbox/subscription'
import { priceListUpdates } from './placing/price_list.ts'
import { handleStockReplies } from './stock_replies/handle_stock_replies.ts'

export const subscriptions: Subscription[] = [
  on([productListed, productChanged], priceListUpdates),
  on([stockReserved, stockRejected, stockReleased, stockDeducted], handleStockReplies),
]
