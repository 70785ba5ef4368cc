/*
 * The same tests on both transports: `onEachTransport` runs a group once on each.
 */
import { randomBytes } from 'node:crypto'
import logger from '@adonisjs/core/services/logger'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { KafkaTransport } from '#messaging/transports/kafka/kafka'
import type { KafkaOptions } from '#messaging/transports/kafka/client'
import type { Transport } from '#messaging/transports/transport'
import { brokers } from './kafka/broker.ts'

const kafka = await brokers()

/** Creates a transport with topics of its own. */
export type MakeTransport = () => Transport

export const transports: [name: string, make: MakeTransport][] = [
  ['embedded', () => new EmbeddedTransport()],
  ...(kafka ? [['kafka', () => kafkaTransport(kafka)] as [string, MakeTransport]] : []),
]

/** A transport with topics and groups of its own on the run's broker. */
export function kafkaTransport(
  addresses = kafka!,
  prefix = freshPrefix(),
  options: Partial<KafkaOptions> = {}
) {
  return new KafkaTransport({
    brokers: addresses,
    clientId: 'quartermaster',
    topicPrefix: prefix,
    partitions: 3,
    ssl: false,
    sessionTimeout: 6_000,
    logger,
    ...options,
  })
}

export function freshPrefix() {
  return `t${randomBytes(4).toString('hex')}.`
}
