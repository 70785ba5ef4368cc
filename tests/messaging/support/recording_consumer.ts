/*
 * A consumer to test with: it hears two types of message, and its effects can be counted.
 */
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import vine from '@vinejs/vine'
import messaging from '#messaging/service'
import { messagingMetrics } from '#messaging/metrics'
import { NAMESPACE } from '#config/namespace'
import { Consumer, type ConsumerOptions } from '#messaging/inbox/consumer'
import { on } from '#messaging/inbox/subscription'
import { defineMessage, encode, type Message } from '#messaging/message/message'
import type { Delivery } from '#messaging/transports/transport'

/** Its schema changes what it reads: a date goes in as text and comes out as a Date. */
export const noted = defineMessage({
  module: 'orders',
  type: 'noted',
  version: 1,
  data: vine.compile(
    vine.object({
      n: vine.number({ strict: true }),
      at: vine.date({ formats: ['YYYY-MM-DD'] }).optional(),
    })
  ),
})

export const noted2 = defineMessage({
  module: 'orders',
  type: 'noted',
  version: 2,
  data: vine.compile(vine.object({ n: vine.number({ strict: true }) })),
})

export type Handler = (
  messages: Message<{ n: number }>[],
  trx: TransactionClientContract
) => Promise<void>

export const owner = () => db.connection('inventory_owner')

/** Makes the table of effects, and takes it away again with all that the tests have written. */
export async function openLedger() {
  await owner().rawQuery(`drop table if exists effects`)
  await owner().rawQuery(
    `create table effects (id bigserial primary key, key text, message_id uuid, body jsonb)`
  )
  await owner().rawQuery(`grant select, insert, update, delete on effects to inventory_app`)
  await owner().rawQuery(`grant usage, select on sequence effects_id_seq to inventory_app`)
  return async () => {
    await emptyLedger()
    await owner().rawQuery(`drop table effects`)
  }
}

export async function emptyLedger() {
  await owner().rawQuery(
    `truncate effects, inbox, outbox, dead_letters, waiting_keys, consumer_runs, suspects`
  )
}

/** The handler that every test begins with: one row for each message. */
export const record: Handler = async (messages, trx) => {
  await trx.table('effects').multiInsert(
    messages.map(({ id, key, data }) => ({
      key,
      message_id: id,
      body: JSON.stringify(data),
    }))
  )
}

/** A handler that calls `before` with each message, and records the batch when none throws. */
export function recordUnless(
  before: (n: number, key: string, trx: TransactionClientContract) => unknown
): Handler {
  return async (messages, trx) => {
    for (const { data, key } of messages) await before(data.n, key, trx)
    await record(messages, trx)
  }
}

export function consumerOf(handle: Handler = record, options: Partial<ConsumerOptions> = {}) {
  return new Consumer({
    name: 'inventory',
    namespace: NAMESPACE,
    metrics: messagingMetrics(messaging.config.metrics),
    client: () => db.connection('inventory'),
    subscriptions: [on<{ n: number }>([noted], handle)],
    logger,
    pauseMs: 50,
    ...options,
  })
}

/** Messages about one key that carry these numbers. */
export function about(key: string, ...numbers: number[]) {
  return numbers.map((n) => noted.about(key, { n }))
}

let nextOffset = 0

/** The messages as one partition of the topic delivers them, each at an offset of its own. */
export function deliveries(messages: Message<unknown>[]): Delivery[] {
  return messages.map((message) => ({
    topic: message.topic,
    partition: 0,
    offset: String(nextOffset++),
    record: encode({ ...message, json: JSON.stringify(message.data) }, NAMESPACE),
  }))
}

/** Of a transport on which nothing is ever taken away. */
export const alive = async () => {}

export interface Effect {
  key: string
  message_id: string
  body: { n: number }
}

export async function effects(): Promise<Effect[]> {
  return db.connection('inventory').from('effects').orderBy('id')
}

/** The numbers that had their effect on a key, in the order in which they had it. */
export async function numbersOf(key: string) {
  const all = await effects()
  return all.filter((effect) => effect.key === key).map(({ body }) => body.n)
}

export interface Letter {
  reason: string
  key: string | null
  message_id: string | null
  attempts: number
  value: string | null
  error_class: string | null
  error_message: string | null
}

export async function letters(): Promise<Letter[]> {
  return db.connection('inventory').from('dead_letters').orderBy('id')
}

/** The dead letters of a key in their order: the number, and why it lies there. */
export async function lettersOf(key: string) {
  const all = await letters()
  return all
    .filter((letter) => letter.key === key)
    .map(({ value, reason }) => [JSON.parse(value!).n, reason])
}

export async function countOf(
  table: 'inbox' | 'outbox' | 'waiting_keys' | 'consumer_runs' | 'suspects'
) {
  const [{ total }] = await db.connection('inventory').from(table).count('* as total')
  return Number(total)
}
