/*
 * A consumer whose handler records one row for each message, so that tests can count effects.
 */
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import vine from '@vinejs/vine'
import messaging from '#messaging/service'
import { messagingMetrics } from '#messaging/metrics'
import { NAMESPACE } from '#config/namespace'
import { Consumer, type ConsumerOptions } from '#messaging/inbox/consumer'
import { on, type BatchHandler, type TransactionHandler } from '#messaging/inbox/subscription'
import { defineMessage, encode, type Message } from '#messaging/message/message'
import type { Delivery } from '#messaging/transports/transport'
import { empty } from '#tests/support/shop'
import { runInOrder, type Call } from '#postgres/run'

/** Its schema converts data: a date is sent as text and read as a Date. */
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

type Noted = Message<{ n: number }>

export type Handler = TransactionHandler<{ n: number }>

export const owner = () => db.connection('inventory_owner')

/** Creates the table of effects. @returns drops it, and deletes what the tests wrote */
export async function createEffects() {
  await owner().rawQuery(`drop table if exists effects`)
  await owner().rawQuery(
    `create table effects (id bigserial primary key, key text, message_id uuid, body jsonb)`
  )
  await owner().rawQuery(`grant select, insert, update, delete on effects to inventory_app`)
  await owner().rawQuery(`grant usage, select on sequence effects_id_seq to inventory_app`)
  return async () => {
    await emptyEffects()
    await owner().rawQuery(`drop table effects`)
  }
}

const TABLES = [
  ...['effects', 'inbox', 'outbox', 'dead_letters', 'waiting_keys', 'consumer_runs', 'suspects'],
  ...['operator_acts', 'worker_roles'],
]

export async function emptyEffects() {
  await owner().transaction((trx) => empty(trx, TABLES))
}

/** A handler that records one row for each message. */
export const record: Handler = async (messages, trx) => {
  await runInOrder(trx, recordingOf(messages))
}

/**
 * A handler in two round trips that records one row for each message.
 *
 * @param before - called with each message; it throws, or returns a statement that is to run first
 */
export function recordUnless(before: (n: number, key: string) => string | unknown) {
  const reads = ({ data, key }: Noted): Call[] => {
    const text = before(data.n, key)
    return typeof text === 'string' ? [[{ name: text, text }, []]] : []
  }
  return {
    reads: (messages: Noted[]) => messages.flatMap(reads),
    decide: (messages: Noted[]) => ({ writes: [recordingOf(messages)], messages: [] }),
  }
}

function recordingOf(messages: Noted[]): Call {
  const text = `insert into effects (key, message_id, body)
    select * from unnest($1::text[], $2::uuid[], $3::jsonb[])`
  const bodies = messages.map(({ data }) => JSON.stringify(data))
  return [
    { name: 'record_effects', text },
    [messages.map(({ key }) => key), messages.map(({ id }) => id), bodies],
  ]
}

/** By default it records one row for each message, in two round trips. */
export function consumerOf(
  handler: Handler | BatchHandler<{ n: number }> = recordUnless(() => {}),
  options: Partial<ConsumerOptions> = {}
) {
  return new Consumer({
    name: 'inventory',
    namespace: NAMESPACE,
    metrics: messagingMetrics(messaging.config.metrics),
    client: () => db.connection('inventory'),
    subscriptions: [on<{ n: number }>([noted], handler)],
    logger,
    pauseMs: 50,
    ...options,
  })
}

/** Messages with this key and these numbers. */
export function about(key: string, ...numbers: number[]) {
  return numbers.map((n) => noted.about(key, { n }))
}

let nextOffset = 0

/** The messages as one partition of the topic delivers them, with increasing offsets. */
export function deliveries(messages: Message<unknown>[]): Delivery[] {
  return messages.map((message) => ({
    topic: message.topic,
    partition: 0,
    offset: String(nextOffset++),
    record: encode({ ...message, json: JSON.stringify(message.data) }, NAMESPACE),
  }))
}

/** For `handle`: the partition is never revoked. */
export const alive = async () => {}

export interface Effect {
  key: string
  message_id: string
  body: { n: number }
}

export async function effects(): Promise<Effect[]> {
  return db.connection('inventory').from('effects').orderBy('id')
}

/** The numbers recorded for a key, in the order of their effects. */
export async function numbersOf(key: string) {
  const all = await effects()
  return all.filter((effect) => effect.key === key).map(({ body }) => body.n)
}

export interface DeadLetter {
  reason: string
  key: string | null
  message_id: string | null
  attempts: number
  value: string | null
  error_class: string | null
  error_message: string | null
}

export async function deadLetters(): Promise<DeadLetter[]> {
  return db.connection('inventory').from('dead_letters').orderBy('id')
}

/** The dead letters of a key in order: number and reason of each. */
export async function deadLettersOf(key: string) {
  const all = await deadLetters()
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
