/*
 * The outbox of orders and a relay that publishes it, for tests of the relay alone.
 */
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { getActiveTestOrFail } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { NAMESPACE } from '#config/namespace'
import messaging from '#messaging/service'
import { messagingMetrics } from '#messaging/metrics'
import { directConnection } from '#config/database'
import { orderPlaced } from '#contracts/messages/orders'
import { outbox } from '#messaging/outbox/outbox'
import { keyHash } from '#messaging/message/partition'
import { Relay, type RelayOptions } from '#messaging/outbox/relay'
import type { Transport } from '#messaging/transports/transport'

export const orders = () => db.connection('orders')

/** A message about an order; `revision` numbers those of one key. */
export function message(key = uuidv7(), revision = 1, sku = 'MUG') {
  return orderPlaced.about(key, { revision, lines: [{ sku, quantity: 1 }] })
}

/** Commits messages to the outbox, one transaction for all of them. */
export async function commit(...messages: ReturnType<typeof message>[]) {
  await orders().transaction((trx) => outbox.add(trx, messages))
}

/** A random key that this partition has. */
export function keyOf(partition: number, partitions: number) {
  for (;;) {
    const key = uuidv7()
    if (keyHash(key) % partitions === partition) return key
  }
}

/** Starts a relay that ends with the test. */
export function startRelay(transport: Transport, options: Partial<RelayOptions> = {}) {
  const relay = new Relay({
    module: 'orders',
    connection: directConnection('orders'),
    transport,
    acceptTransportChange: false,
    namespace: NAMESPACE,
    metrics: messagingMetrics(messaging.config.metrics),
    logger,
    ...options,
  })
  relay.start()
  getActiveTestOrFail().cleanup(() => relay.stop())
  return relay
}

/** The ids of the messages that are marked published, in outbox order. */
export async function published(): Promise<string[]> {
  const rows = await orders().from('outbox').whereNotNull('published_at').orderBy('id')
  return rows.map((row) => row.message_id)
}
