import type { AuditLabels } from '#contracts/ports/audit_labels'

const page = (id: string) => `/admin/orders/${id}`

/** Labels of the audit log for staff actions on orders, by route name. */
export const auditLabels: AuditLabels = {
  'orders.orders.store': { words: 'placed an order' },
  'orders.orders.update': { words: 'changed an order', page },
  'orders.cancellations.store': { words: 'cancelled an order', page },
  'orders.fulfilments.store': { words: 'fulfilled an order', page },
  'orders.stream_tickets.store': { words: 'followed an order live', page },
  'desk.work.order_forms.lines': { words: 'changed an order', page },
  'desk.work.order_forms.contact': { words: 'changed an order', page },
  'desk.work.order_forms.note': { words: 'changed the note of an order', page },
  'desk.work.order_forms.cancel': { words: 'cancelled an order', page },
  'desk.work.order_forms.fulfil': { words: 'fulfilled an order', page },
  'desk.work.order_forms.mail': { words: 're-sent a mail', page },
  'desk.work.selected_orders.fulfil': { words: 'fulfilled several orders', page },
}
