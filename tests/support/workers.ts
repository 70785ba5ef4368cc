/*
 * Runs relays, consumers and the mail queue in the process of the tests.
 */
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import messaging from '#messaging/service'
import { waitUntilIdle as waitForMessages } from '#messaging/testing'
import type { Transport } from '#messaging/transports/transport'
import { mailQueue } from '#mail/queue'

/** @returns stops the workers */
export async function startWorkers(transport: Transport) {
  const mail = await app.container.make('mail.manager')
  messaging.start(transport)
  mailQueue.start({
    db: await app.container.make('lucid.db'),
    send: (compose) => mail.use('files').send(compose),
    domain: 'quartermaster',
    logger,
  })
  return async () => {
    await mailQueue.stop()
    await messaging.stop()
  }
}

/** Resolves when every message is handled and every due mail has been attempted. */
export async function waitUntilIdle(timeout?: number) {
  await waitForMessages(messaging, timeout)
  const { default: db } = await import('@adonisjs/lucid/services/db')
  const until = Date.now() + (timeout ?? 60_000)
  for (;;) {
    const due = await db
      .connection('orders')
      .from('notifications')
      .where('status', 'pending')
      // A mail whose attempt failed is retried later.
      .whereNull('last_error')
      .first()
    if (!due) return
    if (Date.now() > until) throw new Error(`a mail is still due: ${JSON.stringify(due)}`)
    mailQueue.wake()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
