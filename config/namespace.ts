/** First part of every message's `ce_type`, for example `quartermaster.orders.order_placed.v1`. */
export const NAMESPACE = 'quartermaster'
