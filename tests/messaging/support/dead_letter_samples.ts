/*
 * Dead letters of inventory, written by its consumer as in production.
 */
import db from '@adonisjs/lucid/services/db'
import { uuidv7 } from 'uuidv7'
import { orderCancelled, orderPlaced } from '#contracts/messages/orders'
import type { Message } from '#messaging/message/message'
import messaging from '#messaging/service'
import { on } from '#messaging/inbox/subscription'
import { alive, consumerOf, deliveries } from './recording_consumer.ts'

/** Orders whose placement failed with a division by zero, so their cancellation waits behind it. */
export async function blockedOrders(...orders: string[]) {
  for (const order of orders) await blockedOrderOf('MUG', order)
}

export async function blockedOrderOf(sku: string, order: string) {
  await failsWith('select 1 / 0', sku, order)
}

/** An order whose placement hit the time limit of a statement, so its key is blocked. */
export async function timedOutOrder(order: string) {
  await failsWith(`set local statement_timeout = '20ms'; select pg_sleep(5)`, 'MUG', order)
}

async function failsWith(statement: string, sku: string, order: string) {
  const consumer = consumerOf(undefined, {
    subscriptions: [
      on([orderPlaced, orderCancelled] as never[], async (_, trx) => {
        await trx.rawQuery(statement)
      }),
    ],
  })
  const placed = orderPlaced.about(order, { revision: 1, lines: [{ sku, quantity: 2 }] })
  const cancelled = orderCancelled.about(order, { revision: 2, lines: [], reason: null })
  await consumer.handle(deliveries([placed]), alive)
  await consumer.handle(deliveries([cancelled]), alive)
}

/** An order whose data violates its schema: it fails at every redrive. */
export async function invalidOrder(order: string) {
  const message = orderPlaced.about(order, { revision: 1, lines: 17 } as never)
  await messaging.consumer('inventory').handle(deliveries([message]), alive)
}

export async function malformedRecord(key: string | null = uuidv7()) {
  const [one] = deliveries([orderPlaced.about(uuidv7(), { revision: 1, lines: [] })])
  one.record = { ...one.record, key, headers: {} }
  await messaging.consumer('inventory').handle([one], alive)
}

/** Records that an older version could not read, and this version can. */
export async function onceMalformedRecords(...messages: Message<unknown>[]) {
  for (const message of messages) {
    const [one] = deliveries([message])
    const { headers } = one.record
    one.record = { ...one.record, headers: {} }
    await messaging.consumer('inventory').handle([one], alive)
    await db
      .connection('inventory')
      .from('dead_letters')
      .where('key', message.key)
      .update({ headers: JSON.stringify(headers) })
  }
}
