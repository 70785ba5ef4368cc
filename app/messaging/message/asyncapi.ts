/*
 * Builds the AsyncAPI 3.0 document of the topics and their messages
 * (https://www.asyncapi.com/docs/reference/specification/v3.0.0, bindings of Kafka 0.5.0).
 */
import { ceType, type JsonSchema, type MessageDefinition } from './message.ts'

export interface AsyncApiContents {
  info: { title: string; version: string; description: string }
  /** First part of the messages' `ce_type`. */
  namespace: string
  /** Prefix of each topic's name. */
  topicPrefix: string
  /** Topic → its purpose. */
  topics: Record<string, string>
  messages: MessageDefinition<unknown>[]
  /** A sample of the message as stored in its topic. */
  example(message: MessageDefinition<unknown>): {
    headers: Record<string, string>
    value: unknown
  }
}

const BINDING = { bindingVersion: '0.5.0' }

export function asyncApiDocument({
  info,
  namespace,
  topicPrefix,
  topics,
  messages,
  example,
}: AsyncApiContents) {
  const ofTopics = <To>(to: (topic: string) => To, prefix = '') =>
    Object.fromEntries(Object.keys(topics).map((topic) => [`${prefix}${topic}`, to(topic)]))
  const messagesOn = (topic: string) => messages.filter((message) => message.topic === topic)
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    channels: ofTopics((topic) => ({
      address: topicPrefix + topic,
      title: topic,
      description: topics[topic],
      messages: named(messagesOn(topic), (message) => ref('components/messages', nameOf(message))),
      bindings: { kafka: { topic: topicPrefix + topic, ...BINDING } },
    })),
    operations: ofTopics(
      (topic) => ({
        action: 'send',
        channel: ref('channels', topic),
        summary: `Messages on ${topic}.`,
        messages: messagesOn(topic).map((message) =>
          ref(`channels/${topic}/messages`, nameOf(message))
        ),
      }),
      'send_'
    ),
    components: {
      schemas: { Envelope: envelope },
      messages: named(messages, (message) =>
        describe(message, ceType(message, namespace), example(message))
      ),
    },
  }
}

function describe(
  message: MessageDefinition<unknown>,
  name: string,
  { headers, value }: ReturnType<AsyncApiContents['example']>
) {
  return {
    name,
    title: `${message.type}, version ${message.version}`,
    summary: message.summary,
    contentType: 'application/json',
    headers: {
      allOf: [
        ref('components/schemas', 'Envelope'),
        {
          type: 'object',
          properties: { ce_source: { const: message.source }, ce_type: { const: name } },
        },
      ],
    },
    payload: message.schema.toJSONSchema(),
    bindings: { kafka: { key: message.keySchema, ...BINDING } },
    examples: [{ name: message.type, headers, payload: value }],
  }
}

/** All headers of a message: those of `encode`, and those that publishers and replays add. */
const envelope: JsonSchema = {
  type: 'object',
  description: 'CloudEvents 1.0, Kafka binding, binary mode. Ignore unknown headers.',
  properties: {
    'content-type': { const: 'application/json' },
    'ce_specversion': { const: '1.0' },
    'ce_id': header('The message id. Duplicates and replays keep it.', 'uuid'),
    'ce_source': header('The publishing module.', 'uri-reference'),
    'ce_type': header('Type and version of the message.'),
    'ce_time': header('When the fact was recorded.', 'date-time'),
    'ce_subject': header('The subject: the message key.'),
    'traceparent': header('W3C trace context of the request that led to it.'),
    'ce_resendof': header('Set on a re-sent request: the id of the original message.', 'uuid'),
    'ce_replayof': header('Set if an operator replayed the message: its own id.', 'uuid'),
  },
  required: [
    ...['content-type', 'ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time'],
    'ce_subject',
  ],
}

function header(description: string, format?: string): JsonSchema {
  return { type: 'string', description, ...(format && { format }) }
}

function nameOf({ type, version }: MessageDefinition<unknown>) {
  return `${type}.v${version}`
}

function ref(path: string, name: string) {
  return { $ref: `#/${path}/${name}` }
}

function named<To>(
  messages: MessageDefinition<unknown>[],
  to: (message: MessageDefinition<unknown>) => To
) {
  return Object.fromEntries(messages.map((message) => [nameOf(message), to(message)]))
}
