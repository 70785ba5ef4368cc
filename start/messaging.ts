/*
 * The subscriptions and mails of all modules.
 */
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { runsHere } from '#config/database'
import { schemaCheck } from '#database/schema_check'
import { composeInvitation, invitedPeople } from '#accounts/mails/compose'
import { digestComposer, digestReaders } from '#inventory/low_stock/compose_digest'
import { subscriptions as inventorySubscriptions } from '#inventory/subscriptions'
import { mailQueue } from '#mail/queue'
import { stepFeed } from '#orders/live/step_feed'
import { composeOrderMail } from '#orders/mails/compose'
import { mailRecipients } from '#orders/mails/recipients'
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
    recipients: mailRecipients,
  })
}
if (runsHere('inventory')) {
  messaging.subscribe('inventory', inventorySubscriptions)
  const staff = await app.container.make('staffDirectory')
  mailQueue.serve({
    connection: 'inventory',
    subject: 'account_id',
    compose: digestComposer(staff),
    page: () => '/admin/stock?level=low',
    recipients: digestReaders(staff),
  })
}
mailQueue.serve({
  connection: 'accounts',
  subject: 'invitation_id',
  compose: composeInvitation,
  page: () => '/admin/people#invited',
  recipients: invitedPeople,
})
