import { setImmediate } from 'node:timers/promises'
import type { Delivery, Subscriber } from './transport.ts'

interface PendingBatch {
  deliveries: Delivery[]
  alive(): Promise<void>
  handled(): void
  failed(error: unknown): void
}

/**
 * Combines the batches of several partitions that arrive together, or while another batch is handled: handled
 * separately, each would be a transaction, and they would wait for each other's locks anyway.
 */
export class BatchCoalescer {
  readonly #subscriber: Subscriber
  #pending: PendingBatch[] = []
  #running = false

  constructor(subscriber: Subscriber) {
    this.#subscriber = subscriber
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
      try {
        await this.#subscriber.handle(
          batch.flatMap(({ deliveries }) => deliveries),
          async () => {
            for (const { alive } of batch) await alive()
          }
        )
        for (const { handled } of batch) handled()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#running = false
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
