/*
 * /asyncapi.json: what the modules say on their topics, as one document.
 */
import { readFileSync } from 'node:fs'
import * as inventory from '#contracts/inventory'
import * as orders from '#contracts/orders'
import { asyncApiDocument } from '#messaging/asyncapi'
import type { MessageDefinition } from '#messaging/message'

/** Every type + version that is said. */
export const messages = [
  ...Object.values(orders),
  ...Object.values(inventory),
] as MessageDefinition<unknown>[]

const topics = {
  orders: 'What becomes of each order. The key is its id.',
  inventory:
    'What is held for each order, keyed by its id; products and what is on hand of them, keyed by SKU.',
}

const description = `
What Quartermaster says on two topics of Apache Kafka, for whoever wants to follow along.

**Messages** are CloudEvents 1.0 in binary mode: the envelope in headers that begin with \`ce_\`, the data
as JSON in the value. They carry no name, e-mail or address.

**Promised:** a message is published at least once if, and only if, what it tells of was committed.
Messages of one key come in the order of their commits; a repeat of an older one may follow. Drop it by
\`ce_id\`, or better by \`revision\` (of an order) and \`version\` (of a product). A replay comes with the
\`ce_id\` that the message had. Nothing is promised of the order between keys, or between the topics.

**Within a version we only add** fields, which you do not know and pass over. Anything else is a new
version, said beside the old one for a while. Pass over types and versions that you do not know.
`.trim()

/** @param kafka - as set; undefined where messages do not leave the process */
export function asyncApi(kafka: { topicPrefix: string } | undefined) {
  return asyncApiDocument({
    info: {
      title: 'Quartermaster',
      version: '1',
      description: kafka ? description : `${description}\n\n${WITHOUT_KAFKA}`,
    },
    topicPrefix: kafka?.topicPrefix ?? '',
    topics,
    messages,
    example: sample,
  })
}

const WITHOUT_KAFKA =
  '**Here Kafka is not set up** (`KAFKA_BROKERS`): messages stay within the process, and there are no topics.'

/** The sample that has been promised for this message. */
function sample({ type, version }: MessageDefinition<unknown>) {
  const file = new URL(`../app/contracts/samples/${type}.v${version}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}
