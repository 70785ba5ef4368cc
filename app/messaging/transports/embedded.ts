/*
 * The transport without a broker: the relay hands each batch to the consumers of the same process and
 * marks it when all of them have committed. The outbox is the durable queue.
 */
import type { WireRecord } from '../message.ts'
import type { Subscriber, Transport } from './transport.ts'

/** One partition: every batch is as large as it can be, and there is one order of everything. */
const PARTITIONS = 1

export class EmbeddedTransport implements Transport {
  readonly name = 'embedded'
  readonly #subscribers: Subscriber[] = []

  async openTopic() {
    return PARTITIONS
  }

  async send(topic: string, partition: number, records: WireRecord[]) {
    for (const subscriber of this.#subscribers) {
      if (!subscriber.topics.includes(topic)) continue
      for (let from = 0; from < records.length; from += subscriber.batchSize) {
        const batch = records.slice(from, from + subscriber.batchSize)
        await subscriber.handle(
          batch.map((record) => ({ topic, partition, offset: null, record })),
          async () => {}
        )
      }
    }
    return null
  }

  subscribe(subscriber: Subscriber) {
    this.#subscribers.push(subscriber)
  }

  async retention() {
    return 0
  }

  async contents() {
    return null
  }

  async lag() {
    return null
  }

  degraded() {
    return []
  }

  stuck(): string[] {
    return []
  }

  async close() {
    this.#subscribers.length = 0
  }
}
