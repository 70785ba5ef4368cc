/*
 * Partitions of a consumer that make no progress in this process, while its other partitions do.
 */

export interface StoppedPartition {
  consumer: string
  topic: string
  partition: number
  /** The next offset to handle. */
  offset: string
  /** Milliseconds since 1970. */
  since: number
  /** `unreadable`: the next batch cannot be read. `stalled`: the broker delivers none of its records. */
  why: 'unreadable' | 'stalled'
  /** The defect of the batch, or the likely cause of the stall. */
  reason: string
}

type ConsumerPartition = Pick<StoppedPartition, 'consumer' | 'topic' | 'partition'>

export class StoppedPartitions {
  readonly #partitions = new Map<string, StoppedPartition>()

  get(partition: ConsumerPartition): StoppedPartition | undefined {
    return this.#partitions.get(keyOf(partition))
  }

  all(): StoppedPartition[] {
    return [...this.#partitions.values()]
  }

  set(stopped: StoppedPartition) {
    this.#partitions.set(keyOf(stopped), stopped)
  }

  delete(partition: ConsumerPartition) {
    this.#partitions.delete(keyOf(partition))
  }

  /** Forgets partitions that are assigned to another member of the group now. */
  keepAssigned(consumer: string, isAssigned: (topic: string, partition: number) => boolean) {
    for (const stopped of this.all()) {
      if (stopped.consumer === consumer && !isAssigned(stopped.topic, stopped.partition)) {
        this.delete(stopped)
      }
    }
  }
}

/** The partitions in `all` that are not in `known`. */
export function otherThan(known: StoppedPartition[], all: StoppedPartition[]): StoppedPartition[] {
  const keys = new Set(known.map(keyOf))
  return all.filter((one) => !keys.has(keyOf(one)))
}

/** The warning for operators. */
export function stopWarning(stopped: StoppedPartition): string {
  const { consumer, topic, partition, offset, since, why, reason } = stopped
  const which = `consumer ${consumer}: partition ${partition} of ${topic}`
  if (why === 'unreadable') {
    return `${which} is stopped at offset ${offset}, where a batch cannot be read: ${reason}. Skip it with "node ace consumers:skip"`
  }
  const seconds = Math.round((Date.now() - since) / 1_000)
  return `${which} has records from offset ${offset} on, but has made no progress for ${seconds} s: ${reason}`
}

function keyOf({ consumer, topic, partition }: ConsumerPartition) {
  return `${consumer}/${topic}/${partition}`
}
