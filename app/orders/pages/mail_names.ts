import type { MailKind } from '../order_status.ts'

/** What the staff calls the mails. */
export const MAILS: Record<MailKind, string> = {
  order_confirmed: 'Your order is confirmed',
  order_rejected: 'Your order could not be met',
  change_accepted: 'Your order is changed',
  change_declined: 'Your change could not be met',
  order_cancelled: 'Your order is cancelled',
  order_fulfilled: 'Your order is on its way',
}
