import type { Delivery, Subscriber } from '#messaging/transports/transport'

/** Wraps a subscriber: `after` is called between its commit and the acknowledgement to the transport. */
export function afterHandling(
  subscriber: Subscriber,
  after: (deliveries: Delivery[]) => void
): Subscriber {
  const { name, topics, batchSize } = subscriber
  return {
    name,
    topics,
    batchSize,
    handle: async (deliveries, alive) => {
      await subscriber.handle(deliveries, alive)
      after(deliveries)
    },
  }
}
