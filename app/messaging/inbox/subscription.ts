import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Message, MessageDefinition } from '../message/message.ts'

/** Message types with their versions, and the use case that handles them. */
export interface Subscription {
  messages: MessageDefinition<unknown>[]
  /** All effects must go through `trx`. Messages arrive in the order of each key. */
  handle(messages: Message<unknown>[], trx: TransactionClientContract): Promise<void>
}

/** Types that share keys must be in one subscription: the order of a key is kept within a subscription only. */
export function on<Data>(
  messages: MessageDefinition<Data>[],
  handle: (messages: Message<Data>[], trx: TransactionClientContract) => Promise<void>
): Subscription {
  return {
    messages: messages as MessageDefinition<unknown>[],
    handle: handle as Subscription['handle'],
  }
}

/** Identifies a message type and version. */
export function signature(of: { topic: string; type: string; version: number }) {
  return `${of.topic}.${of.type}.v${of.version}`
}
