/*
 * The transaction of a batch: inbox, effects, replies in the outbox, dead letters and blocked keys commit
 * together, or not at all.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { transaction } from '#postgres/run'
import type { Message } from '../message/message.ts'
import { writeDeadLetters, type DeadLetterEntry } from './dead_letter_store.ts'
import { admit } from './inbox.ts'
import type { RoutedMessage } from './message_router.ts'
import type { Subscription } from './subscription.ts'

export interface BatchOptions {
  consumer: string
  client: QueryClientContract
  /** In the order in which they handle their messages. */
  subscriptions: Subscription[]
  handle(by: Subscription, messages: Message[], trx: TransactionClientContract): Promise<void>
}

/** The messages of a committed batch by outcome. */
export interface BatchOutcome {
  handled: Message[]
  /** Handled before, or a second copy in the batch. */
  repeated: Message[]
  dead: DeadLetterEntry[]
}

/** @throws the error that rolled the transaction back */
export async function commitBatch(
  routed: RoutedMessage[],
  { consumer, client, subscriptions, handle }: BatchOptions
): Promise<BatchOutcome> {
  const outcome: BatchOutcome = { handled: [], repeated: [], dead: [] }
  await transaction(client, async (trx) => {
    const all = routed.map(({ message }) => message)
    const { fresh: ids, blocked } = await admit(trx, consumer, all)
    const fresh: RoutedMessage[] = []
    for (const one of routed) {
      // A batch may repeat a message: its first copy counts.
      if (ids.delete(one.message.id)) fresh.push(one)
      else outcome.repeated.push(one.message)
    }
    if (fresh.length === 0) return
    const { valid, entries } = await sort(fresh, blocked)
    for (const subscription of subscriptions) {
      const routedHere = valid.filter((one) => one.subscription === subscription)
      const messages = routedHere.map(({ message }) => message)
      if (messages.length > 0) await handle(subscription, messages, trx)
    }
    await writeDeadLetters(trx, consumer, entries)
    outcome.handled = valid.map(({ message }) => message)
    outcome.dead = entries
  })
  return outcome
}

/** Dead-letters messages of blocked keys, and messages that fail their schema, which block their keys. */
async function sort(fresh: RoutedMessage[], blocked: Set<string>) {
  const valid: RoutedMessage[] = []
  const entries: DeadLetterEntry[] = []
  for (const one of fresh) {
    const { delivery, message, definition } = one
    if (blocked.has(message.key)) {
      entries.push({ delivery, message, reason: 'waiting', error: null, attempts: 0 })
      continue
    }
    try {
      // A copy: on a retry the schema must see the original data.
      const data = await definition.schema.validate(message.data)
      valid.push({ ...one, message: { ...message, data } })
    } catch (error) {
      blocked.add(message.key)
      entries.push({ delivery, message, reason: 'failed', error: error as Error, attempts: 1 })
    }
  }
  return { valid, entries }
}
