/*
 * The same tests on both transports: `onEachTransport` runs a group once on each.
 */
import { randomBytes } from 'node:crypto'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import messaging from '#messaging/service'
import { settle } from '#messaging/testing'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { KafkaTransport } from '#messaging/transports/kafka'
import type { Transport } from '#messaging/transports/transport'
import { mailQueue } from '#mail/queue'
import { brokers } from './kafka/broker.ts'

const kafka = await brokers()

/** A transport that shares nothing with the ones before it. */
export type MakeTransport = () => Transport

export const transports: [name: string, make: MakeTransport][] = [
  ['embedded', () => new EmbeddedTransport()],
  ...(kafka ? [['kafka', () => kafkaTransport(kafka)] as [string, MakeTransport]] : []),
]

/** A transport with topics and groups of its own on the run's broker. */
export function kafkaTransport(addresses = kafka!, prefix = freshPrefix()) {
  return new KafkaTransport({
    brokers: addresses,
    topicPrefix: prefix,
    partitions: 3,
    ssl: false,
    sessionTimeout: 6_000,
    logger,
  })
}

export function freshPrefix() {
  return `t${randomBytes(4).toString('hex')}.`
}

/** Relays, consumers and the mail sender at work, in the process of the tests. */
export async function startWork(transport: Transport) {
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

/** Resolves when every message is handled and every mail that is due is sent. */
export async function settled(timeout?: number) {
  await settle(messaging, timeout)
  const { default: db } = await import('@adonisjs/lucid/services/db')
  const until = Date.now() + (timeout ?? 15_000)
  for (;;) {
    const due = await db
      .connection('orders')
      .from('notifications')
      .where('status', 'pending')
      // One that is being sent has had its attempt, and no error yet.
      .whereNull('last_error')
      .first()
    if (!due) return
    if (Date.now() > until) throw new Error(`a mail is still due: ${JSON.stringify(due)}`)
    mailQueue.wake()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
