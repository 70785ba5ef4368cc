/*
 * Dead letters handled again: all that match, key by key, each key in its order.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Consumer } from './consumer.ts'
import { decode, type Message, type WireRecord } from './message.ts'
import { endAct, recordAct, type Operator } from './operator_acts.ts'
import { matching, wholeLetter, type LetterFilter } from './letters.ts'

/** Of one letter, database and all. */
const HANDLED_WITHIN_MS = 10_000

export interface Redriven {
  /** Letters handled now. */
  handled: number
  /** Keys that nothing waits behind any longer. */
  freed: number
  /** Keys whose first letter has failed, or waits, again: they wait on. */
  waiting: string[]
  /** Letters that are still no message of ours. */
  junk: number
  /** False when it was stopped before the last key. */
  finished: boolean
}

/** What a redrive would begin with. */
export interface RedrivePlan {
  keys: string[]
  junk: number[]
}

/**
 * The keys that the filter meets, in the order of their first letters. A key is redriven from its first
 * letter on, also where the filter names a later one: else its order would be lost.
 */
export async function planRedrive(
  client: QueryClientContract,
  consumer: string,
  filter: LetterFilter
): Promise<RedrivePlan> {
  const [keys, junk] = await Promise.all([
    matching(client, consumer, filter)
      .whereNot('reason', 'junk')
      .groupBy('key')
      .orderByRaw('min(id)')
      .select('key'),
    matching(client, consumer, filter).where('reason', 'junk').orderBy('id').select('id'),
  ])
  return { keys: keys.map(({ key }) => key), junk: junk.map(({ id }) => id) }
}

/**
 * Redrives what the filter meets; new messages of a key wait behind it meanwhile. What fails again stays,
 * with one attempt more. Two operators may do it at once: each letter is handled by one of them.
 *
 * @param on.turn - told after each key or junk letter how many of the plan are done
 * @throws on machine trouble; what has been handled until then stays handled
 */
export async function redriveLetters(
  client: QueryClientContract,
  consumer: Consumer,
  filter: LetterFilter,
  by: Operator,
  on: { turn?(done: number, all: number): void; signal?: AbortSignal } = {}
): Promise<Redriven> {
  const plan = await planRedrive(client, consumer.name, filter)
  const act = await recordAct(client, 'redrive', by, filter)
  const result: Redriven = { handled: 0, freed: 0, waiting: [], junk: 0, finished: true }
  const all = plan.keys.length + plan.junk.length
  let done = 0
  try {
    for (const key of plan.keys) {
      if (on.signal?.aborted) break
      const { handled, free } = await consumer.redrive(key)
      result.handled += handled
      if (free) result.freed++
      else result.waiting.push(key)
      done++
      on.turn?.(done, all)
    }
    for (const id of plan.junk) {
      if (on.signal?.aborted) break
      const became = await redriveJunk(client, consumer, id)
      if (became === 'handled') result.handled++
      else if (became === 'junk') result.junk++
      else result.waiting.push(became.key)
      done++
      on.turn?.(done, all)
    }
  } finally {
    result.finished = done === all
    const { waiting, ...counts } = result
    await endAct(client, act, { ...counts, waiting: waiting.length })
    await consumer.leave()
  }
  return result
}

/** What a letter that was junk to the version that laid it down is to this one: the key is that of a message that failed or waits. */
type Became = 'handled' | 'junk' | { key: string }

async function redriveJunk(
  client: QueryClientContract,
  consumer: Consumer,
  id: number
): Promise<Became> {
  const letter = await wholeLetter(client, consumer.name, id)
  if (!letter) return 'handled'
  const { topic, partition, offset, key, headers } = letter
  const value = letter.value === null ? null : Buffer.from(letter.value)
  const message = understood(consumer, topic, { key, value, headers })
  if (!message) {
    await client.from('dead_letters').where('id', id).increment('attempts', 1)
    return 'junk'
  }
  const delivery = { topic, partition, offset: offset === null ? null : String(offset) }
  const until = Date.now() + HANDLED_WITHIN_MS
  await consumer.handle([{ ...delivery, record: { key, value, headers } }], async () => {
    if (Date.now() > until) throw new Error('the letter could not be handled: see the log')
  })
  await client.from('dead_letters').where('id', id).delete()
  const again = await client
    .from('dead_letters')
    .where({ consumer: consumer.name, message_id: message.id })
    .first()
  return again ? { key: message.key } : 'handled'
}

function understood(consumer: Consumer, topic: string, record: WireRecord): Message | null {
  try {
    const message = decode(topic, record)
    return consumer.hears(message) ? message : null
  } catch {
    return null
  }
}
