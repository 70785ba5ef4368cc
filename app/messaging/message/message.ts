/*
 * A message: a fact in the past tense, as plain data, with an envelope after CloudEvents 1.0
 * (https://github.com/cloudevents/spec, Kafka binding, binary mode).
 */
import type { VineValidator } from '@vinejs/vine'
import type { SchemaTypes, Infer } from '@vinejs/vine/types'
import { uuidv7 } from 'uuidv7'
import { continued, currentTrace } from '#runtime/trace_context'
import { isUuid } from '#runtime/uuid'

/** A message to publish, or one that was read. `decode` does not validate `data`; the consumer does. */
export interface Message<Data = unknown> {
  /** UUIDv7; a replayed or redelivered message keeps it. */
  id: string
  /** Its publisher, for example `/orders`. */
  source: string
  /** The topic's name without the installation's prefix. */
  topic: string
  /** Messages of one key are published and handled in commit order. */
  key: string
  /** For example `order_placed`. */
  type: string
  version: number
  /** RFC 3339, when the fact was recorded. */
  time: string
  data: Data
  /** Further headers, for example `traceparent`, `ce_resendof`, `ce_replayof`. */
  headers: Record<string, string>
}

/** JSON Schema, draft 7. */
export type JsonSchema = Record<string, any>

/** One type + version of message that a module publishes on its topic. */
export interface MessageDefinition<Data> {
  source: string
  topic: string
  type: string
  version: number
  /** Its meaning in one sentence. */
  summary: string
  /** JSON Schema of its key. */
  keySchema: JsonSchema
  schema: { validate(data: unknown): Promise<unknown>; toJSONSchema(): JsonSchema }
  /**
   * A new message of this type about `key`. Pass `id` if the caller needs to know it first. Pass
   * `because(cause)` if another message is the cause; otherwise it joins the current trace, or begins one.
   * `headers` become Kafka headers; one for every message belongs in `encode`, `furtherHeaders` and `asyncapi.ts`.
   */
  about(
    key: string,
    data: Data,
    options?: { id?: string; headers?: Record<string, string> }
  ): Message<Data>
}

/** The data that messages of a definition carry. */
export type DataOf<Definition> = Definition extends MessageDefinition<infer Data> ? Data : never

/**
 * Defines one version of a message type.
 *
 * @param of.module - the publishing module; also the name of its topic and source
 * @param of.data - a compiled vine schema of the data
 * @param of.summary - for /asyncapi.json, as is `keySchema`
 */
export function defineMessage<Schema extends SchemaTypes>(of: {
  module: string
  type: string
  version: number
  data: VineValidator<Schema, undefined>
  summary?: string
  keySchema?: JsonSchema
}): MessageDefinition<Infer<Schema>> {
  const identity = {
    source: `/${of.module}`,
    topic: of.module,
    type: of.type,
    version: of.version,
  }
  return {
    ...identity,
    summary: of.summary ?? '',
    keySchema: of.keySchema ?? { type: 'string' },
    schema: of.data as unknown as MessageDefinition<unknown>['schema'],
    about: (key, data, { id = uuidv7(), headers = {} } = {}) => ({
      ...identity,
      id,
      key,
      time: new Date().toISOString(),
      data,
      headers: headers.traceparent
        ? headers
        : { traceparent: continued(currentTrace()), ...headers },
    }),
  }
}

/** A message as stored in a topic. */
export interface WireRecord {
  key: string | null
  value: Buffer | null
  headers: Record<string, string>
}

/** In characters. PostgreSQL indexes at most 2,704 bytes of a key. */
export const MAX_KEY_LENGTH = 512

/** A record that is not one of this app's messages, with the reason. */
export class NotOurEnvelope extends Error {
  name = 'NotOurEnvelope'
}

/** @param namespace - first part of the record's `ce_type` */
export function encode(
  message: Omit<Message, 'data'> & { json: string },
  namespace: string
): WireRecord {
  return {
    key: message.key,
    value: Buffer.from(message.json),
    headers: {
      ...message.headers,
      'content-type': 'application/json',
      'ce_specversion': '1.0',
      'ce_id': message.id,
      'ce_source': message.source,
      'ce_type': ceType(message, namespace),
      'ce_time': message.time,
      'ce_subject': message.key,
    },
  }
}

/**
 * Reads the envelope. The data is parsed, but not yet validated.
 *
 * @throws NotOurEnvelope with the reason
 */
export function decode(topic: string, record: WireRecord, namespace: string): Message {
  const { ce_id: id, ce_source: source, ce_type: type, ce_time: time, ...rest } = record.headers
  if (!id) throw new NotOurEnvelope('the header ce_id is missing')
  if (!isUuid(id)) throw new NotOurEnvelope('the header ce_id is not a UUID')
  if (source !== `/${topic}`) {
    throw new NotOurEnvelope(`the header ce_source is "${source}", not "/${topic}"`)
  }
  const match = /^([\w-]+)\.([a-z_]+)\.([a-z_]+)\.v(\d+)$/.exec(type ?? '')
  if (!match || match[1] !== namespace || match[2] !== topic) {
    throw new NotOurEnvelope(`the header ce_type is "${type}"`)
  }
  if (record.key === null) throw new NotOurEnvelope('the key is missing')
  if (record.key.length > MAX_KEY_LENGTH || record.key.includes('\0')) {
    throw new NotOurEnvelope('the key is too long or contains a NUL')
  }
  return {
    id: id.toLowerCase(),
    source,
    topic,
    key: record.key,
    type: match[3],
    version: Number(match[4]),
    time: time ?? new Date(0).toISOString(),
    data: parse(record.value),
    headers: furtherHeaders(rest),
  }
}

/** The CloudEvents type, for example `shop.orders.order_placed.v1`. */
export function ceType(
  { topic, type, version }: Pick<Message, 'topic' | 'type' | 'version'>,
  namespace: string
) {
  return `${namespace}.${topic}.${type}.v${version}`
}

function parse(value: Buffer | null) {
  try {
    return JSON.parse(value?.toString('utf8') ?? '')
  } catch {
    throw new NotOurEnvelope('the value is not JSON')
  }
}

function furtherHeaders(headers: Record<string, string>) {
  const envelope = ['content-type', 'ce_specversion', 'ce_subject']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !envelope.includes(name)))
}
