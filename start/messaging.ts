/*
 * The subscriptions and mails of all modules.
 */
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { runsHere } from '#config/database'
import { schemaCheck } from '#database/schema_check'
import { composeInvitation } from '#accounts/mails/compose'
import { digestComposer } from '#inventory/low_stock/compose_digest'
import { subscriptions as inventorySubscriptions } from '#inventory/subscriptions'
import { mailQueue } from '#mail/queue'
import { stepFeed } from '#orders/live/step_feed'
import { composeOrderMail } from '#orders/mails/compose'
import { onStepsCommitted } from '#orders/store/timeline'
import { subscriptions as ordersSubscriptions } from '#orders/subscriptions'

const messaging = await app.container.make('messaging')
messaging.checkSchemaWith(schemaCheck(app, db, logger))

if (runsHere('orders')) {
  messaging.subscribe('orders', ordersSubscriptions)
  onStepsCommitted(() => stepFeed.committed())
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
