/*
 * What the consumer of a module hears: which subscription takes a message, and what of a delivery is none.
 */
import type { Burial } from './dead_letters.ts'
import { decode, type Message, type MessageDefinition } from './message.ts'
import { signature, type Subscription } from './subscription.ts'
import type { Delivery } from './transports/transport.ts'

interface Subscribed {
  definition: MessageDefinition<unknown>
  subscription: Subscription
}

export interface Heard extends Subscribed {
  delivery: Delivery
  message: Message
}

export class Hearing {
  readonly #subscribed = new Map<string, Subscribed>()
  readonly topics: string[]

  constructor(subscriptions: Subscription[]) {
    for (const subscription of subscriptions) {
      for (const definition of subscription.messages) {
        this.#subscribed.set(signature(definition), { definition, subscription })
      }
    }
    this.topics = [...new Set(this.definitions.map(({ topic }) => topic))]
  }

  /** The types + versions that are handled. */
  get definitions() {
    return [...this.#subscribed.values()].map(({ definition }) => definition)
  }

  of(message: Message): Subscribed | undefined {
    return this.#subscribed.get(signature(message))
  }

  /** @returns what is handled, what is for others, and what nobody can read */
  read(deliveries: Delivery[]) {
    const heard: Heard[] = []
    const skipped: Message[] = []
    const junk: Burial[] = []
    for (const delivery of deliveries) {
      try {
        const message = decode(delivery.topic, delivery.record)
        const subscribed = this.of(message)
        if (subscribed) heard.push({ delivery, message, ...subscribed })
        else skipped.push(message)
      } catch (error) {
        junk.push({ delivery, message: null, reason: 'junk', error: error as Error, attempts: 1 })
      }
    }
    return { heard, skipped, junk }
  }
}
