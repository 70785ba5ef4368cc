import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { QueryResultRow } from 'pg'
import { runInOrder, type Call } from '#postgres/run'
import type { Message, MessageDefinition } from '../message/message.ts'
import { outbox } from '../outbox/outbox.ts'

/** Message types with their versions, and the use case that handles them. */
export type Subscription = { messages: MessageDefinition<unknown>[] } & (
  { handler: BatchHandler<unknown> } | { handler: TransactionHandler<unknown> }
)

/**
 * Handles messages in a transaction of two round trips. Between them it decides in memory.
 *
 * The handlers of a consumer run side by side: none may read what another one writes.
 */
export interface BatchHandler<Data> {
  /** Statements that lock and read, in the order in which they run. */
  reads(messages: Message<Data>[]): Call[]
  /**
   * @param messages - in the order of each key; those handled before are not among them
   * @param rows - of each statement of `reads`, which may have asked for more messages
   */
  decide(messages: Message<Data>[], rows: QueryResultRow[][]): Effects
}

export interface Effects {
  writes: Call[]
  /** To publish. */
  messages: Message<unknown>[]
  /** Runs after the commit. */
  committed?(): void
}

/** All effects must go through `trx`. Messages arrive in the order of each key. */
export type TransactionHandler<Data> = (
  messages: Message<Data>[],
  trx: TransactionClientContract
) => Promise<void>

/** Types that share keys must be in one subscription: the order of a key is kept within a subscription only. */
export function on<Data>(
  messages: MessageDefinition<Data>[],
  handler: BatchHandler<Data> | TransactionHandler<Data>
): Subscription {
  return {
    messages: messages as MessageDefinition<unknown>[],
    handler: handler as TransactionHandler<unknown>,
  }
}

/** Handles messages in a transaction of the caller. */
export async function handleWithin<Data>(
  trx: TransactionClientContract,
  handler: BatchHandler<Data> | TransactionHandler<Data>,
  messages: Message<Data>[]
): Promise<void> {
  if (typeof handler === 'function') return handler(messages, trx)
  const rows = await runInOrder(trx, ...handler.reads(messages))
  const effects = handler.decide(messages, rows)
  await runInOrder(trx, ...effects.writes)
  await outbox.add(trx, effects.messages)
  if (effects.committed) trx.after('commit', effects.committed)
}

/** Identifies a message type and version. */
export function signature(of: { topic: string; type: string; version: number }) {
  return `${of.topic}.${of.type}.v${of.version}`
}
