/*
 * /asyncapi.json: the messages of all modules as one document.
 */
import { readFileSync } from 'node:fs'
import * as inventory from '#contracts/messages/inventory'
import { NAMESPACE } from '#config/namespace'
import * as orders from '#contracts/messages/orders'
import { asyncApiDocument } from '#messaging/message/asyncapi'
import type { MessageDefinition } from '#messaging/message/message'

/** Every type and version that is published. */
export const messages = [
  ...Object.values(orders),
  ...Object.values(inventory),
] as MessageDefinition<unknown>[]

const topics = {
  orders: 'The changes of each order. The key is the order id.',
  inventory: 'Stock that orders hold, keyed by order id; products and stock levels, keyed by SKU.',
}

const description = `
The messages that Quartermaster publishes on two topics of Apache Kafka, for external consumers.

**Messages** are CloudEvents 1.0 in binary mode: the envelope in headers that begin with \`ce_\`, the data as JSON in
the value. They carry no name, e-mail or address.

**Guarantees.** A message is published if and only if the change that it reports was committed, at least once. Messages
of one key arrive in commit order; a duplicate of an older one may follow. Drop duplicates by \`ce_id\`, or better by
\`revision\` (of an order) and \`version\` (of a product). A replayed message keeps its \`ce_id\`. There is no order
between keys or between the topics.

**Versions only grow.** A version may get new fields; ignore those that you do not know. Any other change is a new
version, published next to the old one for some time. Ignore unknown types and versions.
`.trim()

/** @param kafka - the settings; undefined if messages do not leave the process */
export function asyncApi(kafka: { topicPrefix: string } | undefined) {
  return asyncApiDocument({
    info: {
      title: 'Quartermaster',
      version: '1',
      description: kafka ? description : `${description}\n\n${WITHOUT_KAFKA}`,
    },
    namespace: NAMESPACE,
    topicPrefix: kafka?.topicPrefix ?? '',
    topics,
    messages,
    example: sample,
  })
}

const WITHOUT_KAFKA =
  '**This installation has no Kafka** (`KAFKA_BROKERS`): messages stay in the process, and there are no topics.'

/** The published sample of a message. */
function sample({ type, version }: MessageDefinition<unknown>) {
  const file = new URL(
    `../../app/contracts/messages/samples/${type}.v${version}.json`,
    import.meta.url
  )
  return JSON.parse(readFileSync(file, 'utf8'))
}
