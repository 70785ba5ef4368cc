import type { StaffActs } from '#contracts/staff_acts'

const page = (id: string) => `/admin/orders/${id}`

/** What people of the staff do with orders, by the names of the routes. */
export const staffActs: StaffActs = {
  'orders.orders.store': { words: 'placed an order' },
  'orders.orders.update': { words: 'changed an order', page },
  'orders.cancellations.store': { words: 'cancelled an order', page },
  'orders.fulfilments.store': { words: 'fulfilled an order', page },
  'orders.stream_tickets.store': { words: 'followed an order live', page },
  'desk.work.order_forms.lines': { words: 'changed an order', page },
  'desk.work.order_forms.contact': { words: 'changed an order', page },
  'desk.work.order_forms.note': { words: 'noted something at an order', page },
  'desk.work.order_forms.cancel': { words: 'cancelled an order', page },
  'desk.work.order_forms.fulfil': { words: 'fulfilled an order', page },
  'desk.work.order_forms.mail': { words: 'sent a mail again', page },
  'desk.work.selected_orders.fulfil': { words: 'fulfilled a selection', page },
}
