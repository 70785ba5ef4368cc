import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Message, MessageDefinition } from './message.ts'

/** What a consumer hears: types + versions, and the use case that handles them. */
export interface Subscription {
  messages: MessageDefinition<unknown>[]
  /** All effects go through `trx`. The messages come in the order of each key. */
  handle(messages: Message<unknown>[], trx: TransactionClientContract): Promise<void>
}

/** All types that share keys must be in one subscription, for their order is kept within it alone. */
export function on<Data>(
  messages: MessageDefinition<Data>[],
  handle: (messages: Message<Data>[], trx: TransactionClientContract) => Promise<void>
): Subscription {
  return {
    messages: messages as MessageDefinition<unknown>[],
    handle: handle as Subscription['handle'],
  }
}

/** What a subscription is found by. */
export function signature(of: { topic: string; type: string; version: number }) {
  return `${of.topic}.${of.type}.v${of.version}`
}
