/*
 * The samples are what others have built upon: a new message adds a file, and no file is changed or
 * removed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { test } from '@japa/runner'
import { NAMESPACE } from '#config/namespace'
import { ceType, decode, encode, NotOurEnvelope } from '#messaging/message/message'
import { messages } from '#start/documents/asyncapi'

/** A message as it lies in a topic, its value parsed. */
interface Sample {
  key: string
  headers: Record<string, string>
  value: Record<string, unknown>
}

const folder = new URL('../../app/contracts/messages/samples/', import.meta.url)
const files = readdirSync(folder)

const definitions = new Map(
  messages.map((definition) => [`${definition.type}.v${definition.version}.json`, definition])
)

test.group('The messages', () => {
  test('have a sample each, and every sample belongs to a message', ({ assert }) => {
    assert.sameMembers([...definitions.keys()], files)
  })

  for (const [file, definition] of definitions) {
    test(`match ${file}`, async ({ assert }) => {
      const { key, headers, value } = sample(file)
      const message = decode(definition.topic, { key, headers, value: bytes(value) }, NAMESPACE)
      assert.containSubset(message, {
        id: headers.ce_id,
        source: definition.source,
        topic: definition.topic,
        key,
        type: definition.type,
        version: definition.version,
        time: headers.ce_time,
      })
      assert.equal(headers.ce_type, ceType(definition, NAMESPACE))
      assert.deepEqual(await definition.schema.validate(message.data), value)

      const wire = encode({ ...message, json: JSON.stringify(message.data) }, NAMESPACE)
      assert.deepEqual({ ...wire, value: JSON.parse(String(wire.value)) }, { key, headers, value })
    })

    test(`are invalid without any one field of ${file}`, async ({ assert }) => {
      const { value } = sample(file)
      for (const field of Object.keys(value)) {
        const rest = without(value, field)
        await assert.rejects(() => definition.schema.validate(rest), /Validation failure/)
      }
    })

    test(`accept a further field in ${file}: a version may gain fields`, async ({ assert }) => {
      const { value } = sample(file)
      assert.deepEqual(await definition.schema.validate({ ...value, news: 1 }), value)
    })
  }
})

test.group('A record without our envelope', () => {
  const { key, headers, value } = sample('order_placed.v1.json')
  const record = { key, headers, value: bytes(value) }
  const headless = (name: string) => ({ ...record, headers: without(headers, name) })
  const wrong: [what: string, record: Parameters<typeof decode>[1], says: RegExp][] = [
    ['no id', headless('ce_id'), /ce_id is missing/],
    ['an id that is none', { ...record, headers: { ...headers, ce_id: '7' } }, /not a UUID/],
    ['no source', headless('ce_source'), /ce_source/],
    ['no type', headless('ce_type'), /ce_type/],
    ['a stranger’s type', { ...record, headers: { ...headers, ce_type: 'x.v1' } }, /ce_type/],
    ['no key', { ...record, key: null }, /key is missing/],
    ['no value', { ...record, value: null }, /not JSON/],
    ['half a value', { ...record, value: Buffer.from('{"revision":') }, /not JSON/],
  ]
  for (const [what, junk, says] of wrong) {
    test(`is reported with its reason: ${what}`, ({ assert }) => {
      assert.throws(() => decode('orders', junk, NAMESPACE), says)
    })
  }

  test('is reported when it is in another module’s topic', ({ assert }) => {
    assert.throws(() => decode('inventory', record, NAMESPACE), NotOurEnvelope)
  })
})

function sample(file: string): Sample {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}

function bytes(value: unknown) {
  return Buffer.from(JSON.stringify(value))
}

function without<Members extends Record<string, unknown>>(members: Members, name: string) {
  return Object.fromEntries(Object.entries(members).filter(([other]) => other !== name)) as Members
}
