/*
 * What consumers have been promised, as it is kept in docs/contracts: the schema of each message, and a
 * list of the samples. It grows; nothing in it is changed or removed.
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

/** The contracts as the code has them. @param root - of the repository, as an URL */
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

/** The contracts as they are kept. @param folder - ends with a slash */
export function keptContracts(folder: URL): Contracts {
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

/** The files that keep them: name → text. The list is one for `sha256sum --check`. */
export function contractFiles({ schemas, samples }: Contracts): Record<string, string> {
  const lines = Object.entries(samples).map(([path, sum]) => `${sum}  ${path}\n`)
  return {
    ...Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [name + SCHEMA, JSON.stringify(schema)])
    ),
    [LIST]: lines.join(''),
  }
}

/** @returns what a consumer relies on and would not find any more, a sentence each */
export function brokenPromises(kept: Contracts, ours: Contracts): string[] {
  return [
    ...Object.entries(kept.schemas).flatMap(([name, schema]) =>
      ours.schemas[name]
        ? breaks(schema, ours.schemas[name]).map((what) => `${name}${what}`)
        : [`${name} is no longer said`]
    ),
    ...Object.entries(kept.samples)
      .filter(([path, sum]) => ours.samples[path] !== sum)
      .map(([path]) => `${path} is ${ours.samples[path] ? 'changed' : 'gone'}`),
  ]
}
