/*
 * The orders' outbox with a relay on it, for tests of the relay alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { getActiveTestOrFail } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { directConnection } from '#config/database'
import { orderPlaced } from '#contracts/orders'
import { outbox } from '#messaging/outbox'
import { keyHash } from '#messaging/partition'
import { Relay } from '#messaging/relay'
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

/** A key that belongs to this partition. */
export function keyOf(partition: number, partitions: number) {
  for (;;) {
    const key = uuidv7()
    if (keyHash(key) % partitions === partition) return key
  }
}

/** Starts a relay that ends with the test. */
export function startRelay(transport: Transport, acceptTransportChange = false) {
  const relay = new Relay({
    module: 'orders',
    connection: directConnection('orders'),
    transport,
    acceptTransportChange,
    logger,
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

/** Resolves when the condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeout = 15_000
) {
  const end = Date.now() + timeout
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${what}`)
    await sleep(10)
  }
}
