/*
 * The composition root: which module hears what, and who writes its mails.
 */
import app from '@adonisjs/core/services/app'
import { runsHere } from '#config/database'
import { composeInvitation } from '#accounts/mails/compose'
import { digestComposer } from '#inventory/low_stock/compose_digest'
import { subscriptions as inventorySubscriptions } from '#inventory/subscriptions'
import { mailQueue } from '#mail/queue'
import { composeOrderMail } from '#orders/mails/compose'
import { subscriptions as ordersSubscriptions } from '#orders/subscriptions'

const messaging = await app.container.make('messaging')

if (runsHere('orders')) {
  messaging.subscribe('orders', ordersSubscriptions)
  mailQueue.serve({
    connection: 'orders',
    subject: 'order_id',
    compose: composeOrderMail,
    page: (order) => `/admin/orders/${order}`,
  })
}
if (runsHere('inventory')) {
  messaging.subscribe('inventory', inventorySubscriptions)
  mailQueue.serve({
    connection: 'inventory',
    subject: 'account_id',
    compose: digestComposer(await app.container.make('staffDirectory')),
    page: () => '/admin/stock?level=low',
  })
}
mailQueue.serve({
  connection: 'accounts',
  subject: 'invitation_id',
  compose: composeInvitation,
  page: () => '/admin/people#invited',
})
