/*
 * Partitions that a consumer of this process has stopped reading, while it continues with the others.
 */

export interface HeldUpPartition {
  consumer: string
  topic: string
  partition: number
  /** The offset that would be next. */
  offset: string
  /** Milliseconds since 1970. */
  since: number
  /** `unreadable`: stopped at a batch that cannot be read. `stalled`: has records, and none comes. */
  why: 'unreadable' | 'stalled'
  /** Why it cannot be read, or what may hold it up. */
  reason: string
}

type Place = Pick<HeldUpPartition, 'consumer' | 'topic' | 'partition'>

export class HeldUpPartitions {
  readonly #partitions = new Map<string, HeldUpPartition>()

  get(place: Place): HeldUpPartition | undefined {
    return this.#partitions.get(keyOf(place))
  }

  all(): HeldUpPartition[] {
    return [...this.#partitions.values()]
  }

  set(heldUp: HeldUpPartition) {
    this.#partitions.set(keyOf(heldUp), heldUp)
  }

  delete(place: Place) {
    this.#partitions.delete(keyOf(place))
  }

  /** Another member of the group reads the rest. */
  keep(consumer: string, isOurs: (topic: string, partition: number) => boolean) {
    for (const heldUp of this.all()) {
      if (heldUp.consumer === consumer && !isOurs(heldUp.topic, heldUp.partition)) {
        this.delete(heldUp)
      }
    }
  }
}

/** Those of `all` that are not among `ours`. */
export function otherThan(ours: HeldUpPartition[], all: HeldUpPartition[]): HeldUpPartition[] {
  const known = new Set(ours.map(keyOf))
  return all.filter((one) => !known.has(keyOf(one)))
}

/** What an operator should know of it. */
export function inWords(heldUp: HeldUpPartition): string {
  const { consumer, topic, partition, offset, since, why, reason } = heldUp
  const which = `consumer ${consumer}: partition ${partition} of ${topic}`
  if (why === 'unreadable') {
    return `${which} is stopped at offset ${offset}, where a batch cannot be read: ${reason}. Skip it with "node ace consumers:skip"`
  }
  const seconds = Math.round((Date.now() - since) / 1_000)
  return `${which} has records from offset ${offset} on, and has made no progress for ${seconds} s: ${reason}`
}

function keyOf({ consumer, topic, partition }: Place) {
  return `${consumer}/${topic}/${partition}`
}
