import type { Delivery, Subscriber } from './transport.ts'

interface Gathered {
  deliveries: Delivery[]
  alive(): Promise<void>
  handled(): void
  failed(error: unknown): void
}

/**
 * Batches of several partitions that come while another is handled are handled as one: each of its own
 * would be a transaction, and they would wait for each other's stock all the same.
 */
export class BatchCoalescer {
  readonly #subscriber: Subscriber
  #gathered: Gathered[] = []
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
      this.#gathered.push({ deliveries, alive, handled, failed })
      if (!this.#running) void this.#run()
    })
  }

  async #run() {
    this.#running = true
    while (this.#gathered.length > 0) {
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

  /** At least one, and as many more as fit into a batch. */
  #take() {
    let size = 0
    const fitting = this.#gathered.findIndex(({ deliveries }, index) => {
      size += deliveries.length
      return index > 0 && size > this.batchSize
    })
    return this.#gathered.splice(0, fitting === -1 ? Infinity : fitting)
  }
}
