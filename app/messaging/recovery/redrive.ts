/*
 * Redriving dead letters: they are handled again, key by key, each key in its order.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Operator } from '#console/operator'
import type { Consumer } from '../inbox/consumer.ts'
import { decode, type Message, type WireRecord } from '../message/message.ts'
import {
  matchingDeadLetters,
  readDeadLetter,
  type DeadLetterFilter,
} from './dead_letter_queries.ts'
import { endAction, recordAction } from './operator_actions.ts'

/** Time limit for one malformed message. */
const HANDLED_WITHIN_MS = 10_000

export interface Redriven {
  /** Messages handled. */
  handled: number
  /** Keys unblocked. */
  freed: number
  /** Keys that stay blocked because a message failed again. */
  waiting: string[]
  /** Messages that are still malformed. */
  junk: number
  /** False when stopped before the last key. */
  finished: boolean
}

export interface RedrivePlan {
  keys: string[]
  /** Ids of malformed messages. */
  junk: number[]
}

/**
 * The matching keys, in the order of their first dead letters. A key is redriven from its first dead letter even if
 * the filter selects a later one: otherwise its order would be lost.
 */
export async function planRedrive(
  client: QueryClientContract,
  consumer: string,
  filter: DeadLetterFilter
): Promise<RedrivePlan> {
  const [keys, malformed] = await Promise.all([
    matchingDeadLetters(client, consumer, filter)
      .whereNot('reason', 'junk')
      .groupBy('key')
      .orderByRaw('min(id)')
      .select('key'),
    matchingDeadLetters(client, consumer, filter)
      .where('reason', 'junk')
      .orderBy('id')
      .select('id'),
  ])
  return { keys: keys.map(({ key }) => key), junk: malformed.map(({ id }) => id) }
}

/**
 * Redrives matching dead letters; new messages of a key wait behind them meanwhile. A message that fails again stays
 * with one more attempt. Two operators may redrive at once: each message is handled by one of them.
 *
 * @param on.onProgress - called after each key or malformed message
 * @throws a transient error; messages handled until then stay handled
 */
export async function redriveDeadLetters(
  client: QueryClientContract,
  consumer: Consumer,
  filter: DeadLetterFilter,
  by: Operator,
  on: { onProgress?(done: number, all: number): void; signal?: AbortSignal } = {}
): Promise<Redriven> {
  const plan = await planRedrive(client, consumer.name, filter)
  const action = await recordAction(client, 'redrive', by, filter)
  const result: Redriven = { handled: 0, freed: 0, waiting: [], junk: 0, finished: true }
  const all = plan.keys.length + plan.junk.length
  let done = 0
  try {
    for (const key of plan.keys) {
      if (on.signal?.aborted) break
      const { handled, unblocked } = await consumer.redrive(key)
      result.handled += handled
      if (unblocked) result.freed++
      else result.waiting.push(key)
      done++
      on.onProgress?.(done, all)
    }
    for (const id of plan.junk) {
      if (on.signal?.aborted) break
      const outcome = await redriveMalformed(client, consumer, id)
      if (outcome === 'handled') result.handled++
      else if (outcome === 'malformed') result.junk++
      else result.waiting.push(outcome.key)
      done++
      on.onProgress?.(done, all)
    }
  } finally {
    result.finished = done === all
    const { waiting, ...counts } = result
    await endAction(client, action, { ...counts, waiting: waiting.length })
    await consumer.unregister()
  }
  return result
}

/** The outcome for a malformed message. If this version can read it but it is not handled, its key. */
type MalformedOutcome = 'handled' | 'malformed' | { key: string }

async function redriveMalformed(
  client: QueryClientContract,
  consumer: Consumer,
  id: number
): Promise<MalformedOutcome> {
  const deadLetter = await readDeadLetter(client, consumer.name, id)
  if (!deadLetter) return 'handled'
  const { topic, partition, offset, key, headers } = deadLetter
  const value = deadLetter.value === null ? null : Buffer.from(deadLetter.value)
  const message = decodeSubscribed(consumer, topic, { key, value, headers })
  if (!message) {
    await client.from('dead_letters').where('id', id).increment('attempts', 1)
    return 'malformed'
  }
  const delivery = { topic, partition, offset: offset === null ? null : String(offset) }
  const until = Date.now() + HANDLED_WITHIN_MS
  await consumer.handle([{ ...delivery, record: { key, value, headers } }], async () => {
    if (Date.now() > until) throw new Error('the message could not be handled: see the log')
  })
  await client.from('dead_letters').where('id', id).delete()
  const failedAgain = await client
    .from('dead_letters')
    .where({ consumer: consumer.name, message_id: message.id })
    .first()
  return failedAgain ? { key: message.key } : 'handled'
}

function decodeSubscribed(consumer: Consumer, topic: string, record: WireRecord): Message | null {
  try {
    const message = decode(topic, record, consumer.namespace)
    return consumer.isSubscribedTo(message) ? message : null
  } catch {
    return null
  }
}
