/*
 * The transport without a broker: the relay passes each batch to the consumers of the same process and
 * marks it when all of them have committed. The outbox is the durable queue.
 */
import type { WireRecord } from '../message/message.ts'
import type { Subscriber, Transport, TransportFactory } from './transport.ts'

/** With one partition all messages are in one order, and batches are as large as possible. */
const PARTITIONS = 1

/** For `config/messaging.ts`. */
export function embedded(): TransportFactory {
  return () => new EmbeddedTransport()
}

export class EmbeddedTransport implements Transport {
  readonly name = 'embedded'
  readonly description = 'embedded'
  readonly storesMessages = false
  readonly isProcessLocal = true
  readonly #subscribers: Subscriber[] = []

  async openTopic() {
    return PARTITIONS
  }

  async findTopic() {
    return { partitions: PARTITIONS, compressionType: null }
  }

  async addPartitions() {
    throw new Error('The embedded transport has one partition per topic.')
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

  async hasPosition() {
    return false
  }

  stoppedPartitions() {
    return []
  }

  warnings() {
    return []
  }

  fatal(): string[] {
    return []
  }

  async close() {
    this.#subscribers.length = 0
  }
}
