/*
 * A consumer: the messages of one module's subscriptions, each handled once.
 *
 * A batch is one transaction: inbox, waiting keys, effects and the answers in the outbox commit
 * together. A batch that fails is halved until the message at fault stands alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { bury, redrive, type Burial } from './dead_letters.ts'
import { admit, waitingKeys } from './inbox.ts'
import { decode, type Message, type MessageDefinition } from './message.ts'
import { backoff, isMachineTrouble, isMessagesOwnFault } from './retry_policy.ts'
import type { Delivery, Subscriber } from './transports/transport.ts'

/** Tries of a message alone before an error on no list counts as the message's own. */
const TRIES = 5
/** So many failures in a row, or half of a batch of at least BATCH, are our bug and not the messages'. */
const SUSPICIOUS = { inARow: 20, batch: 40 }

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

export interface ConsumerOptions {
  /** The module that hears; also its Lucid connection. */
  name: string
  client: () => QueryClientContract
  subscriptions: Subscription[]
  logger: Logger
  /** Messages a transaction; it bounds how long its locks are held. */
  batchSize?: number
  /** Milliseconds between tries of a consumer that has paused itself. */
  pauseMs?: number
}

interface Heard {
  delivery: Delivery
  message: Message
  definition: MessageDefinition<unknown>
  subscription: Subscription
}

export class Consumer implements Subscriber {
  readonly name: string
  readonly topics: string[]
  readonly batchSize: number
  readonly #options: ConsumerOptions
  readonly #heard = new Map<
    string,
    { definition: MessageDefinition<unknown>; subscription: Subscription }
  >()
  readonly #stopping = new AbortController()
  #failuresInRow = 0
  #trouble: string | null = null
  readonly counts = { handled: 0, skipped: 0, repeated: 0, dead: 0, retried: 0 }

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.name = options.name
    this.batchSize = options.batchSize ?? 200
    for (const subscription of options.subscriptions) {
      for (const definition of subscription.messages) {
        this.#heard.set(signature(definition), { definition, subscription })
      }
    }
    this.topics = [...new Set([...this.#heard.values()].map(({ definition }) => definition.topic))]
  }

  /** The types + versions this consumer handles. */
  get definitions() {
    return [...this.#heard.values()].map(({ definition }) => definition)
  }

  degraded(): string[] {
    return this.#trouble ? [`consumer ${this.name}: ${this.#trouble}`] : []
  }

  stop() {
    this.#stopping.abort()
  }

  /** @throws only when stopped, or when `alive` does */
  async handle(deliveries: Delivery[], alive: () => Promise<void>): Promise<void> {
    const heard: Heard[] = []
    const junk: Burial[] = []
    for (const delivery of deliveries) {
      try {
        const message = decode(delivery.topic, delivery.record)
        const subscribed = this.#heard.get(signature(message))
        if (subscribed) heard.push({ delivery, message, ...subscribed })
        // No inbox row: a later version of us can still take it by replay.
        else this.counts.skipped++
      } catch (error) {
        junk.push({ delivery, message: null, reason: 'junk', error: error as Error, attempts: 1 })
      }
    }
    if (junk.length > 0) await this.#buryJunk(junk, alive)
    if (heard.length > 0) await this.#settle(heard, { size: heard.length, failed: 0 }, alive)
  }

  /**
   * Handles the dead letters of a key again, in order.
   *
   * @returns how many were handled, and whether the key is free now
   */
  async redrive(key: string) {
    return redrive(this.#options.client(), this.name, key, async (message, trx) => {
      const subscribed = this.#heard.get(signature(message))
      if (!subscribed) throw new Error(`nobody here handles ${signature(message)} any more`)
      message.data = await subscribed.definition.schema.validate(message.data)
      await subscribed.subscription.handle([message], trx)
    })
  }

  /** Commits the batch, whatever it takes: by retry, by halves, by burying what cannot be handled. */
  async #settle(
    heard: Heard[],
    batch: { size: number; failed: number },
    alive: () => Promise<void>
  ) {
    let triesAlone = 0
    for (let attempt = 1; ; attempt++) {
      if (this.#stopping.signal.aborted) throw new Error(`consumer ${this.name} was stopped`)
      await alive()
      try {
        await this.#commit(heard, batch)
        this.#trouble = null
        return
      } catch (error) {
        this.counts.retried++
        if (error instanceof Suspicion) {
          await this.#pause(error)
          continue
        }
        if (isMachineTrouble(error)) {
          this.#say(error as Error, attempt)
          await this.#rest(backoff(attempt))
          continue
        }
        if (heard.length > 1) {
          const half = Math.ceil(heard.length / 2)
          await this.#settle(heard.slice(0, half), batch, alive)
          await this.#settle(heard.slice(half), batch, alive)
          return
        }
        triesAlone++
        if (!isMessagesOwnFault(error) && triesAlone < TRIES) {
          await this.#rest(backoff(triesAlone))
          continue
        }
        if (await this.#giveUp(heard[0], error as Error, triesAlone, batch, alive)) return
      }
    }
  }

  /** One transaction. Rolled back whole on any error. */
  async #commit(heard: Heard[], batch: { size: number; failed: number }) {
    let fresh = 0
    let after = { dead: 0, failed: 0, failuresInRow: this.#failuresInRow }
    await this.#options.client().transaction(async (trx) => {
      const admitted = await admit(trx, this.name, [
        ...new Set(heard.map(({ message }) => message.id)),
      ])
      const news = heard.filter(({ message }) => admitted.delete(message.id))
      fresh = news.length
      if (fresh === 0) return
      const waiting = await waitingKeys(trx, this.name, [
        ...new Set(news.map(({ message }) => message.key)),
      ])
      const { valid, burials, failed, failuresInRow } = await this.#sort(news, waiting, batch)
      for (const subscription of this.#options.subscriptions) {
        const messages = valid
          .filter((one) => one.subscription === subscription)
          .map((one) => one.message)
        if (messages.length > 0) await subscription.handle(messages, trx)
      }
      await bury(trx, this.name, burials)
      after = { dead: burials.length, failed, failuresInRow }
    })
    this.counts.repeated += heard.length - fresh
    this.counts.handled += fresh - after.dead
    this.counts.dead += after.dead
    this.#failuresInRow = after.failuresInRow
    batch.failed += after.failed
    if (after.dead > 0) this.#mourn(after.dead)
  }

  /** Whose key waits, waits; whose data breaks its schema fails, and its key waits from here on. */
  async #sort(news: Heard[], waiting: Set<string>, batch: { size: number; failed: number }) {
    const valid: Heard[] = []
    const burials: Burial[] = []
    let failed = 0
    let failuresInRow = this.#failuresInRow
    for (const one of news) {
      const { delivery, message, definition } = one
      if (waiting.has(message.key)) {
        burials.push({ delivery, message, reason: 'waiting', error: null, attempts: 0 })
        continue
      }
      try {
        // A copy: at the next try the schema must see the data as it came.
        const data = await definition.schema.validate(message.data)
        valid.push({ ...one, message: { ...message, data } })
        failuresInRow = 0
      } catch (error) {
        waiting.add(message.key)
        burials.push({ delivery, message, reason: 'failed', error: error as Error, attempts: 1 })
        suspect(++failuresInRow, { ...batch, failed: batch.failed + ++failed }, error as Error)
      }
    }
    return { valid, burials, failed, failuresInRow }
  }

  /** Buries a message that fails alone; false when the consumer paused instead. */
  async #giveUp(
    one: Heard,
    error: Error,
    attempts: number,
    batch: { size: number; failed: number },
    alive: () => Promise<void>
  ) {
    try {
      suspect(this.#failuresInRow + 1, { ...batch, failed: batch.failed + 1 }, error)
    } catch (suspicion) {
      await this.#pause(suspicion as Suspicion)
      return false
    }
    const { delivery, message } = one
    let ours = false
    await this.#insist(async (trx) => {
      const admitted = await admit(trx, this.name, [message.id])
      ours = admitted.has(message.id)
      if (!ours) return
      await waitingKeys(trx, this.name, [message.key])
      await bury(trx, this.name, [{ delivery, message, reason: 'failed', error, attempts }])
    }, alive)
    batch.failed++
    this.#failuresInRow++
    // Another consumer, to whom the partition goes, may have been first.
    if (ours) {
      this.counts.dead++
      this.#mourn(1, error)
    } else this.counts.repeated++
    return true
  }

  async #buryJunk(junk: Burial[], alive: () => Promise<void>) {
    await this.#insist((trx) => bury(trx, this.name, junk), alive)
    this.counts.dead += junk.length
    this.#mourn(junk.length, junk[0].error!)
  }

  /** Commits a transaction that nothing but the machine can stop. */
  async #insist(
    transaction: (trx: TransactionClientContract) => Promise<void>,
    alive: () => Promise<void>
  ) {
    for (let attempt = 1; ; attempt++) {
      if (this.#stopping.signal.aborted) throw new Error(`consumer ${this.name} was stopped`)
      await alive()
      try {
        await this.#options.client().transaction(transaction)
        this.#trouble = null
        return
      } catch (error) {
        this.#say(error as Error, attempt)
        await this.#rest(backoff(attempt))
      }
    }
  }

  async #pause(suspicion: Suspicion) {
    this.#trouble = `paused, for nearly everything fails: ${suspicion.message}`
    this.#options.logger.error(
      { consumer: this.name, reason: suspicion.message },
      'consumer pauses'
    )
    await this.#rest(this.#options.pauseMs ?? 30_000)
  }

  #say(error: Error, attempt: number) {
    if (attempt > 3) this.#trouble = error.message
    if (attempt > 3 && (attempt & (attempt - 1)) === 0) {
      this.#options.logger.warn(
        { consumer: this.name, reason: error.message, attempt },
        'consumer waits'
      )
    }
  }

  #mourn(letters: number, error?: Error) {
    this.#options.logger.error(
      { consumer: this.name, letters, reason: error?.message },
      'dead letters'
    )
  }

  async #rest(milliseconds: number) {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

/** So many messages fail that the consumer had better stop and ask. */
class Suspicion extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

/** @throws Suspicion when so much fails that the fault must be ours */
function suspect(failuresInRow: number, batch: { size: number; failed: number }, error: Error) {
  const halfOfBatch = batch.size >= SUSPICIOUS.batch && batch.failed * 2 >= batch.size
  if (failuresInRow >= SUSPICIOUS.inARow || halfOfBatch) throw new Suspicion(error)
}

function signature({ topic, type, version }: { topic: string; type: string; version: number }) {
  return `${topic}.${type}.v${version}`
}
