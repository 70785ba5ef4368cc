import type { WireRecord } from '#messaging/message'
import type { Subscriber, Transport } from '#messaging/transports/transport'

export interface Faults {
  /** Throws before a send reaches the transport. */
  before?(partition: number, records: WireRecord[]): void | Promise<void>
  /** Throws after the transport has taken the records: the acknowledgement is cut. */
  after?(partition: number, records: WireRecord[]): void | Promise<void>
}

/** A real transport on a bad line. */
export class FaultyTransport implements Transport {
  readonly name
  readonly sends: { partition: number; ids: string[] }[] = []

  constructor(
    readonly inner: Transport,
    readonly faults: Faults
  ) {
    this.name = inner.name
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

  subscribe(subscriber: Subscriber) {
    this.inner.subscribe(subscriber)
  }

  contents(...of: Parameters<Transport['contents']>) {
    return this.inner.contents(...of)
  }

  lag(subscriber: string, topics: string[]) {
    return this.inner.lag(subscriber, topics)
  }

  degraded() {
    return this.inner.degraded()
  }

  stuck() {
    return this.inner.stuck()
  }

  close() {
    return this.inner.close()
  }
}
