import type { MailKind } from '../../order_state_machine.ts'

/** The names of the mails on pages. */
export const MAILS: Record<MailKind, string> = {
  order_confirmed: 'Your order is confirmed',
  order_rejected: 'Your order could not be fulfilled',
  change_accepted: 'Your order has been changed',
  change_declined: 'Your change could not be made',
  order_cancelled: 'Your order has been cancelled',
  order_fulfilled: 'Your order is on its way',
}
