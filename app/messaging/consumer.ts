/*
 * A consumer: the messages of one module's subscriptions, each handled once.
 *
 * A batch is one transaction: inbox, waiting keys, effects and the answers in the outbox commit
 * together. A batch that fails is halved until the message at fault stands alone.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { bury, redrive, type Burial } from './dead_letters.ts'
import { admit, waitingKeys } from './inbox.ts'
import { Hearing, type Heard } from './hearing.ts'
import type { Message } from './message.ts'
import { Patience, type Alive } from './patience.ts'
import { backoff, isMachineTrouble, isMessagesOwnFault } from './retry_policy.ts'
import { suspect, Suspicion } from './suspicion.ts'
import { signature, type Subscription } from './subscription.ts'
import { Tally } from './tally.ts'
import { inTrace } from './trace.ts'
import type { Delivery, Subscriber } from './transports/transport.ts'
import { Solitude, UncleanStops } from './unclean_stops.ts'

/** Tries of a message alone before an error on no list counts as the message's own. */
const TRIES = 5
/** No transaction may take longer than half a minute, and each try gives a sign: so long is for ever. */
const STUCK_MS = 5 * 60_000

export interface ConsumerOptions {
  /** The module that hears; also its Lucid connection. */
  name: string
  client: () => QueryClientContract
  subscriptions: Subscription[]
  logger: Logger
  /** Shared by the consumers of a process. */
  solitude?: Solitude
  /** Messages a transaction; it bounds how long its locks are held. */
  batchSize?: number
  /** Milliseconds between tries of a consumer that has paused itself. */
  pauseMs?: number
  /** Milliseconds without a sign of a batch under way after which only a new process helps. */
  stuckMs?: number
}

/** What belongs to the deliveries handed over together. */
interface Batch {
  size: number
  /** Messages that failed themselves. */
  failed: number
  alive: Alive
}

export class Consumer implements Subscriber {
  readonly name: string
  readonly topics: string[]
  readonly batchSize: number
  readonly #options: ConsumerOptions
  readonly #hearing: Hearing
  readonly #tally: Tally
  readonly #patience: Patience
  readonly #uncleanStops: UncleanStops
  #failuresInRow = 0
  /** When the batch under way last gave a sign, in milliseconds; null while none is. */
  #sign: number | null = null
  /** When it began, or was last done with a batch; in milliseconds since 1970. */
  lastCommit = Date.now()

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.name = options.name
    this.#tally = new Tally(options.name, options.logger)
    this.#patience = new Patience(options.name, options.logger, options.pauseMs)
    const solitude = options.solitude ?? new Solitude()
    this.#uncleanStops = new UncleanStops(options.name, options.client, solitude)
    this.batchSize = options.batchSize ?? 200
    this.#hearing = new Hearing(options.subscriptions)
    this.topics = this.#hearing.topics
  }

  /** The types + versions this consumer handles. */
  get definitions() {
    return this.#hearing.definitions
  }

  hears(message: Message) {
    return this.#hearing.of(message) !== undefined
  }

  /** Messages by what has become of them; `retried` counts transactions. */
  get counts() {
    return this.#tally.counts
  }

  /** It waits, for nearly everything fails. */
  get paused() {
    return this.#patience.paused
  }

  degraded(): string[] {
    const { trouble } = this.#patience
    return trouble ? [`consumer ${this.name}: ${trouble}`] : []
  }

  /** What only a new process can mend, in words; empty as long as this one can help itself. */
  stuck(): string[] {
    const silent = this.#sign === null ? 0 : Date.now() - this.#sign
    if (silent < (this.#options.stuckMs ?? STUCK_MS)) return []
    return [`consumer ${this.name}: a batch has hung for ${Math.round(silent / 1_000)} s`]
  }

  stop() {
    this.#patience.stop()
  }

  /** To be called when it has ended and left nothing half done: whoever comes next need not wonder. */
  async leave() {
    await this.#uncleanStops.leave()
  }

  /** @throws only when stopped, or when `alive` does */
  async handle(deliveries: Delivery[], alive: Alive): Promise<void> {
    const sign = () => {
      this.#sign = Date.now()
      return alive()
    }
    this.#sign = Date.now()
    try {
      await this.#handle(deliveries, sign)
    } finally {
      this.#sign = null
      this.#uncleanStops.rest()
    }
  }

  async #handle(deliveries: Delivery[], alive: Alive) {
    const { heard, skipped, junk } = this.#hearing.read(deliveries)
    // Without a row in the inbox: a later version of us can still take it by replay.
    this.#tally.add('skipped', skipped)
    const batch = { size: heard.length, failed: 0, alive }
    if (junk.length > 0) await this.#buryJunk(junk, batch)
    if (heard.length === 0) return this.#committed()
    const unclean = await this.#patience.insist(() => this.#uncleanStops.begin(), alive)
    if (unclean) await this.#settleWarily(heard, batch)
    else await this.#settle(heard, batch)
  }

  /**
   * Handles the dead letters of a key again, in order.
   *
   * @returns how many were handled, and whether the key is free now
   */
  async redrive(key: string) {
    return redrive(this.#options.client(), this.name, key, async (message, trx) => {
      const subscribed = this.#hearing.of(message)
      if (!subscribed) throw new Error(`nobody here handles ${signature(message)} any more`)
      message.data = await subscribed.definition.schema.validate(message.data)
      await subscribed.subscription.handle([message], trx)
    })
  }

  /** A process has died not long ago: this batch may kill the next. */
  async #settleWarily(heard: Heard[], batch: Batch) {
    await this.#uncleanStops.settleWarily(heard, {
      insist: (work) => this.#patience.insist(work, batch.alive),
      settle: (some) => this.#settle(some, batch),
      bury: async (one, error) => {
        while (!(await this.#giveUp(one, error, error.deaths, batch)));
      },
    })
  }

  /** Commits the batch, whatever it takes: by retry, by halves, by burying what cannot be handled. */
  async #settle(heard: Heard[], batch: Batch) {
    let triesAlone = 0
    for (let attempt = 1; ; attempt++) {
      await this.#patience.begin(batch.alive)
      try {
        await this.#commit(heard, batch)
        this.#committed()
        return
      } catch (error) {
        this.#tally.addRetry()
        if (error instanceof Suspicion) {
          await this.#patience.pause(error, batch.alive)
          continue
        }
        if (isMachineTrouble(error)) {
          await this.#patience.bear(error as Error, attempt, batch.alive)
          continue
        }
        if (heard.length > 1) {
          const half = Math.ceil(heard.length / 2)
          await this.#settle(heard.slice(0, half), batch)
          await this.#settle(heard.slice(half), batch)
          return
        }
        triesAlone++
        if (!isMessagesOwnFault(error) && triesAlone < TRIES) {
          await this.#patience.rest(backoff(triesAlone), batch.alive)
          continue
        }
        if (await this.#giveUp(heard[0], error as Error, triesAlone, batch)) return
      }
    }
  }

  /** One transaction. Rolled back whole on any error. */
  async #commit(heard: Heard[], batch: Batch) {
    let fresh: Heard[] = []
    let dead: Burial[] = []
    let after = { failed: 0, failuresInRow: this.#failuresInRow }
    await this.#options.client().transaction(async (trx) => {
      // Two statements, sent together: the second must see what the first had to wait for.
      const [admitted, waiting] = await Promise.all([
        admit(trx, this.name, [...new Set(heard.map(({ message }) => message.id))]),
        waitingKeys(trx, this.name, [...new Set(heard.map(({ message }) => message.key))]),
      ])
      fresh = heard.filter(({ message }) => admitted.delete(message.id))
      if (fresh.length === 0) return
      const { valid, burials, failed, failuresInRow } = await this.#sort(fresh, waiting, batch)
      for (const subscription of this.#options.subscriptions) {
        const messages = valid
          .filter((one) => one.subscription === subscription)
          .map((one) => one.message)
        if (messages.length > 0) await subscription.handle(messages, trx)
      }
      await bury(trx, this.name, burials)
      dead = burials
      after = { failed, failuresInRow }
    })
    this.#count(
      heard,
      fresh,
      dead.map(({ message }) => message!)
    )
    this.#failuresInRow = after.failuresInRow
    batch.failed += after.failed
    this.#mourn(dead)
  }

  #count(heard: Heard[], fresh: Heard[], dead: Message[]) {
    const [news, buried] = [new Set(fresh), new Set(dead)]
    const messages = heard.filter((one) => !news.has(one)).map(({ message }) => message)
    this.#tally.add('repeated', messages)
    const handled = fresh.map(({ message }) => message).filter((one) => !buried.has(one))
    this.#tally.add('handled', handled)
    this.#tally.add('dead', dead)
  }

  /** Whose key waits, waits; whose data breaks its schema fails, and its key waits from here on. */
  async #sort(news: Heard[], waiting: Set<string>, batch: Batch) {
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
  async #giveUp(one: Heard, error: Error, attempts: number, batch: Batch) {
    try {
      suspect(this.#failuresInRow + 1, { ...batch, failed: batch.failed + 1 }, error)
    } catch (suspicion) {
      await this.#patience.pause(suspicion as Suspicion, batch.alive)
      return false
    }
    const { delivery, message } = one
    const burial: Burial = { delivery, message, reason: 'failed', error, attempts }
    let ours = false
    await this.#insist(async (trx) => {
      const admitted = await admit(trx, this.name, [message.id])
      ours = admitted.has(message.id)
      if (!ours) return
      await waitingKeys(trx, this.name, [message.key])
      await bury(trx, this.name, [burial])
    }, batch)
    batch.failed++
    this.#failuresInRow++
    // Another consumer, to whom the partition goes, may have been first.
    this.#tally.add(ours ? 'dead' : 'repeated', [message])
    if (ours) this.#mourn([burial])
    return true
  }

  async #buryJunk(junk: Burial[], batch: Batch) {
    await this.#insist((trx) => bury(trx, this.name, junk), batch)
    this.#tally.addJunk(junk.length)
    this.#mourn(junk)
  }

  /** Commits a transaction that nothing but the machine can stop. */
  async #insist(transaction: (trx: TransactionClientContract) => Promise<void>, batch: Batch) {
    await this.#patience.insist(() => this.#options.client().transaction(transaction), batch.alive)
    this.#committed()
  }

  #committed() {
    this.#patience.trouble = null
    this.lastCommit = Date.now()
  }

  #mourn(burials: Burial[]) {
    const { logger } = this.#options
    const failed = burials.filter(({ error }) => error)
    for (const { message, error } of failed) {
      const { id: messageId, type, key, headers } = message ?? {}
      const letter = { consumer: this.name, messageId, type, key, reason: error!.message }
      inTrace(headers?.traceparent, () => logger.error(letter, 'a dead letter'))
    }
    const letters = burials.length - failed.length
    if (letters > 0) logger.error({ consumer: this.name, letters }, 'messages wait behind it')
  }
}
