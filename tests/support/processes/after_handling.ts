import type { Delivery, Subscriber } from '#messaging/transports/transport'

/** A subscriber as it is; `after` is called once its effect is committed, before the transport knows of it. */
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
