/*
 * The transaction of a batch: inbox, effects, replies in the outbox, dead letters and blocked keys commit
 * together, or not at all.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { failedStatement, transaction, transactionInTwoTrips, type Statement } from '#postgres/run'
import type { Message } from '../message/message.ts'
import { outbox } from '../outbox/outbox.ts'
import { deadLetterWrites, writeDeadLetters, type DeadLetterEntry } from './dead_letter_store.ts'
import { admission, admit, admitted, type Admitted } from './inbox.ts'
import type { RoutedMessage } from './message_router.ts'
import { handleWithin, type BatchHandler, type Effects, type Subscription } from './subscription.ts'

export interface BatchOptions {
  consumer: string
  client: QueryClientContract
  /** In the order in which they handle their messages. */
  subscriptions: Subscription[]
  /** Called with an error of a handler or of its statements, before it is thrown. */
  onHandlerError(error: Error): void
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
  options: BatchOptions
): Promise<BatchOutcome> {
  const checked = await Promise.all(routed.map(check))
  const handlers = new Map<BatchHandler<unknown>, Message[]>()
  for (const { message, subscription, error } of checked) {
    if (error) continue
    if (typeof subscription.handler === 'function') return commitStepByStep(checked, options)
    if (!handlers.has(subscription.handler)) handlers.set(subscription.handler, [])
    handlers.get(subscription.handler)!.push(message)
  }
  return commitInTwoTrips(checked, handlers, options)
}

interface CheckedMessage extends RoutedMessage {
  /** Why the schema refuses the message; null for a valid one. */
  error: Error | null
}

/** A copy with validated data: on a retry the schema must see the original data. */
async function check(routed: RoutedMessage): Promise<CheckedMessage> {
  const { message, definition } = routed
  try {
    const data = await definition.schema.validate(message.data)
    return { ...routed, message: { ...message, data }, error: null }
  } catch (error) {
    return { ...routed, error: error as Error }
  }
}

/**
 * The first round trip locks and reads for the whole batch, before it is known which messages are new. Compared with a
 * round trip for each statement, the app uses 0.75 times the CPU per order
 * (docs/decisions/0029-two-round-trips-per-batch.md).
 */
async function commitInTwoTrips(
  checked: CheckedMessage[],
  handlers: Map<BatchHandler<unknown>, Message[]>,
  { consumer, client, onHandlerError }: BatchOptions
): Promise<BatchOutcome> {
  const admitting = admission(
    consumer,
    checked.map(({ message }) => message)
  )
  const reads = [...handlers].map(([handler, messages]) =>
    reporting(onHandlerError, () => handler.reads(messages))
  )
  const ofHandlers = new Set<Statement>(reads.flat().map(([statement]) => statement))
  let outcome: BatchOutcome
  let afterCommit: (() => void)[] = []
  try {
    await transactionInTwoTrips(client, [...admitting, ...reads.flat()], (rows) => {
      const sorted = sort(checked, admitted(rows.splice(0, admitting.length)))
      outcome = sorted.outcome
      const effects = [...handlers.keys()].map((handler, index) => {
        const read = rows.splice(0, reads[index].length)
        const messages = sorted.valid
          .filter(({ subscription }) => subscription.handler === handler)
          .map(({ message }) => message)
        if (messages.length === 0) return NO_EFFECTS
        return reporting(onHandlerError, () => handler.decide(messages, read))
      })
      const emitted = effects.flatMap(({ messages }) => messages)
      const writes = [...effects.flatMap((each) => each.writes), ...outbox.additions(emitted)]
      for (const [statement] of writes) ofHandlers.add(statement)
      afterCommit = effects.flatMap(({ committed }) => committed ?? [])
      if (emitted.length > 0) afterCommit.push(() => outbox.wakeRelay(client))
      return [...writes, ...deadLetterWrites(consumer, sorted.outcome.dead)]
    })
  } catch (error) {
    if (ofHandlers.has(failedStatement(error)!)) onHandlerError(error as Error)
    throw error
  }
  for (const work of afterCommit) work()
  return outcome!
}

const NO_EFFECTS: Effects = { writes: [], messages: [] }

function reporting<T>(onError: (error: Error) => void, work: () => T): T {
  try {
    return work()
  } catch (error) {
    onError(error as Error)
    throw error
  }
}

/** For handlers that need the transaction itself. */
async function commitStepByStep(
  checked: CheckedMessage[],
  { consumer, client, subscriptions, onHandlerError }: BatchOptions
): Promise<BatchOutcome> {
  let sorted: SortedMessages
  await transaction(client, async (trx) => {
    const all = checked.map(({ message }) => message)
    sorted = sort(checked, await admit(trx, consumer, all))
    for (const subscription of subscriptions) {
      const routedHere = sorted.valid.filter((one) => one.subscription === subscription)
      if (routedHere.length === 0) continue
      const messages = routedHere.map(({ message }) => message)
      try {
        await handleWithin(trx, subscription.handler, messages)
      } catch (error) {
        onHandlerError(error as Error)
        throw error
      }
    }
    await writeDeadLetters(trx, consumer, sorted.outcome.dead)
  })
  return sorted!.outcome
}

interface SortedMessages {
  valid: RoutedMessage[]
  outcome: BatchOutcome
}

/**
 * Sorts out repeated messages, and dead-letters those of blocked keys and those that fail their schema, which block
 * their keys.
 */
function sort(checked: CheckedMessage[], { fresh, blocked }: Admitted): SortedMessages {
  const valid: RoutedMessage[] = []
  const repeated: Message[] = []
  const dead: DeadLetterEntry[] = []
  for (const one of checked) {
    const { delivery, message, error } = one
    // A batch may repeat a message: its first copy counts.
    if (!fresh.delete(message.id)) repeated.push(message)
    else if (blocked.has(message.key)) {
      dead.push({ delivery, message, reason: 'waiting', error: null, attempts: 0 })
    } else if (error) {
      blocked.add(message.key)
      dead.push({ delivery, message, reason: 'failed', error, attempts: 1 })
    } else valid.push(one)
  }
  const handled = valid.map(({ message }) => message)
  return { valid, outcome: { handled, repeated, dead } }
}
