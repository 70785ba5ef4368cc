/*
 * Routes the messages of a consumer to the module's subscriptions.
 */
import type { DeadLetterEntry } from './dead_letter_store.ts'
import { decode, type Message, type MessageDefinition } from '../message/message.ts'
import { signature, type Subscription } from './subscription.ts'
import type { Delivery } from '../transports/transport.ts'

interface Subscribed {
  definition: MessageDefinition<unknown>
  subscription: Subscription
}

export interface RoutedMessage extends Subscribed {
  delivery: Delivery
  message: Message
}

export class MessageRouter {
  readonly #subscribed = new Map<string, Subscribed>()
  readonly #namespace: string
  readonly topics: string[]

  constructor(subscriptions: Subscription[], namespace: string) {
    this.#namespace = namespace
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

  /** Sorts deliveries: messages with a subscription, messages without one, and malformed records. */
  read(deliveries: Delivery[]) {
    const routed: RoutedMessage[] = []
    const skipped: Message[] = []
    const malformed: DeadLetterEntry[] = []
    for (const delivery of deliveries) {
      try {
        const message = decode(delivery.topic, delivery.record, this.#namespace)
        const subscribed = this.of(message)
        if (subscribed) routed.push({ delivery, message, ...subscribed })
        else skipped.push(message)
      } catch (error) {
        malformed.push({
          delivery,
          message: null,
          reason: 'junk',
          error: error as Error,
          attempts: 1,
        })
      }
    }
    return { routed, skipped, malformed }
  }
}
