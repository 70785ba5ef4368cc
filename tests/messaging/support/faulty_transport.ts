import type { WireRecord } from '#messaging/message/message'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import type { Transport } from '#messaging/transports/transport'

export interface Faults {
  /** Called before a send reaches the transport; may throw. */
  before?(partition: number, records: WireRecord[]): void | Promise<void>
  /** Called after the transport has stored the records; throws to lose the acknowledgement. */
  after?(partition: number, records: WireRecord[]): void | Promise<void>
}

/** A real transport whose sends can fail. */
export class FaultyTransport implements Transport {
  readonly name
  readonly description
  readonly storesMessages
  readonly isProcessLocal
  readonly sends: { partition: number; ids: string[] }[] = []

  constructor(
    readonly inner: Transport,
    readonly faults: Faults
  ) {
    this.name = inner.name
    this.description = inner.description
    this.storesMessages = inner.storesMessages
    this.isProcessLocal = inner.isProcessLocal
  }

  retention(topic: string) {
    return this.inner.retention(topic)
  }

  async send(topic: string, partition: number, records: WireRecord[]) {
    await this.faults.before?.(partition, records)
    const offset = await this.inner.send(topic, partition, records)
    this.sends.push({ partition, ids: records.map(({ headers }) => headers.ce_id) })
    await this.faults.after?.(partition, records)
    return offset
  }

  openTopic(topic: string) {
    return this.inner.openTopic(topic)
  }

  findTopic(topic: string) {
    return this.inner.findTopic(topic)
  }

  addPartitions(topic: string, partitions: number) {
    return this.inner.addPartitions(topic, partitions)
  }

  hasPosition(subscriber: string, topic: string) {
    return this.inner.hasPosition(subscriber, topic)
  }

  subscribe(...of: Parameters<Transport['subscribe']>) {
    this.inner.subscribe(...of)
  }

  contents(...of: Parameters<Transport['contents']>) {
    return this.inner.contents(...of)
  }

  lag(subscriber: string, topics: string[]) {
    return this.inner.lag(subscriber, topics)
  }

  stoppedPartitions() {
    return this.inner.stoppedPartitions()
  }

  warnings() {
    return this.inner.warnings()
  }

  fatal() {
    return this.inner.fatal()
  }

  close() {
    return this.inner.close()
  }
}

/** As many partitions as a topic of Kafka, on the transport that has none. */
export class Partitioned extends EmbeddedTransport {
  constructor(readonly partitions: number) {
    super()
  }

  override async openTopic() {
    return this.partitions
  }
}
