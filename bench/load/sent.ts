/** One request. Times are milliseconds since 1970, with fractions. */
export interface Sent {
  /** False during the warm-up. */
  counted: boolean
  intendedAt: number
  answeredAt: number
  /** HTTP status; 0 without a response. */
  status: number
  /** The problem code, or the reason for a missing response; null for an accepted order. */
  error: string | null
  orderId: string | null
}

export type Placed = Pick<Sent, 'status' | 'orderId' | 'error'>

/** Places one order. Throws without a response. */
export interface Sender {
  placeOrder(): Promise<Placed>
}
