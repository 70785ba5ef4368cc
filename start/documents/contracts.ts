/*
 * The contracts with consumers of the topics, stored in docs/contracts: the schema of each message, and the checksums of
 * its samples. Contracts may be added, but not changed or removed.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { breaks } from '#messaging/message/compatibility'
import { NAMESPACE } from '#config/namespace'
import { ceType, type JsonSchema } from '#messaging/message/message'
import { messages } from '#start/documents/asyncapi'

const SAMPLES = 'app/contracts/messages/samples'
const SCHEMA = '.schema.json'
const LIST = 'samples.sha256'

export interface Contracts {
  /** By the message's name: `order_placed.v1`. */
  schemas: Record<string, JsonSchema>
  /** Path → SHA-256. */
  samples: Record<string, string>
}

/** The contracts that the code implements. @param root - the URL of the repository */
export function contractsOf(root: URL): Contracts {
  const paths = readdirSync(new URL(SAMPLES, root)).map((file) => `${SAMPLES}/${file}`)
  return {
    schemas: Object.fromEntries(
      messages.map((message) => [
        `${message.type}.v${message.version}`,
        {
          '$schema': 'http://json-schema.org/draft-07/schema#',
          'title': ceType(message, NAMESPACE),
          'description': message.summary,
          'x-topic': message.topic,
          'x-key': message.keySchema,
          ...message.schema.toJSONSchema(),
        },
      ])
    ),
    samples: Object.fromEntries(
      paths.sort().map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(new URL(path, root)))
          .digest('hex'),
      ])
    ),
  }
}

/** The contracts that are stored. @param folder - its URL, with a trailing slash */
export function storedContracts(folder: URL): Contracts {
  const files = readdirSync(folder)
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
  const lines = files.includes(LIST) ? read(LIST).trim().split('\n') : []
  return {
    schemas: Object.fromEntries(
      files
        .filter((file) => file.endsWith(SCHEMA))
        .map((file) => [file.slice(0, -SCHEMA.length), JSON.parse(read(file))])
    ),
    samples: Object.fromEntries(lines.map((line) => line.split('  ').reverse())),
  }
}

/** The files of the contracts: name → content. The list can be checked with `sha256sum --check`. */
export function contractFiles({ schemas, samples }: Contracts): Record<string, string> {
  const lines = Object.entries(samples).map(([path, sum]) => `${sum}  ${path}\n`)
  return {
    ...Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [name + SCHEMA, JSON.stringify(schema)])
    ),
    [LIST]: lines.join(''),
  }
}

/** The changes that break a consumer, a sentence each. */
export function breakingChanges(stored: Contracts, ours: Contracts): string[] {
  return [
    ...Object.entries(stored.schemas).flatMap(([name, schema]) =>
      ours.schemas[name]
        ? breaks(schema, ours.schemas[name]).map((what) => `${name}${what}`)
        : [`${name} is no longer published`]
    ),
    ...Object.entries(stored.samples)
      .filter(([path, sum]) => ours.samples[path] !== sum)
      .map(([path]) => `${path} was ${ours.samples[path] ? 'changed' : 'removed'}`),
  ]
}
