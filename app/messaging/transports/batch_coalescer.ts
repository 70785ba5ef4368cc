import { setImmediate } from 'node:timers/promises'
import { Pace } from '#runtime/pace'
import type { Delivery, Subscriber } from './transport.ts'

interface PendingBatch {
  deliveries: Delivery[]
  alive(): Promise<void>
  handled(): void
  failed(error: unknown): void
}

/** From the start of one transaction to the next fetch. */
const PACE = { most: 8, perRow: 3 }

/**
 * Combines the batches of several partitions that arrive together, or while another batch is handled: handled
 * separately, each would be a transaction, and they would wait for each other's locks anyway.
 *
 * kafkajs fetches again when a batch counts as handled. Under load that is delayed by a few milliseconds, so that the
 * next fetch finds all partitions of a send.
 */
export class BatchCoalescer {
  readonly #subscriber: Subscriber
  readonly #pace: Pace
  #pending: PendingBatch[] = []
  #running = false

  constructor(subscriber: Subscriber, pace = new Pace(PACE)) {
    this.#subscriber = subscriber
    this.#pace = pace
  }

  get batchSize() {
    return this.#subscriber.batchSize
  }

  /** Resolves when the deliveries are handled; those of one partition stay in order. */
  handle(deliveries: Delivery[], alive: () => Promise<void>) {
    return new Promise<void>((handled, failed) => {
      this.#pending.push({ deliveries, alive, handled, failed })
      if (!this.#running) void this.#run()
    })
  }

  async #run() {
    this.#running = true
    // The other partitions of the same fetch follow in this tick.
    await setImmediate()
    while (this.#pending.length > 0) {
      const batch = this.#take()
      const size = batch.reduce((sum, { deliveries }) => sum + deliveries.length, 0)
      this.#pace.read(size, performance.now())
      try {
        await this.#subscriber.handle(
          batch.flatMap(({ deliveries }) => deliveries),
          async () => {
            for (const { alive } of batch) await alive()
          }
        )
        this.#fetchNext(batch, size < this.batchSize ? this.#pace.delay(performance.now()) : 0)
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#running = false
  }

  #fetchNext(batch: PendingBatch[], delay: number) {
    const count = () => {
      for (const { handled } of batch) handled()
    }
    if (delay > 0) setTimeout(count, delay).unref()
    else count()
  }

  /** Takes at least one, and as many more as fit into a batch. */
  #take() {
    let size = 0
    const fitting = this.#pending.findIndex(({ deliveries }, index) => {
      size += deliveries.length
      return index > 0 && size > this.batchSize
    })
    return this.#pending.splice(0, fitting === -1 ? Infinity : fitting)
  }
}
