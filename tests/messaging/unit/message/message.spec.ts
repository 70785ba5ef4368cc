import { NAMESPACE } from '#config/namespace'
import { test } from '@japa/runner'
import vine from '@vinejs/vine'
import {
  ceType,
  decode,
  defineMessage,
  encode,
  NotOurEnvelope,
  type WireRecord,
} from '#messaging/message/message'

const noted = defineMessage({
  module: 'orders',
  type: 'order_noted',
  version: 3,
  data: vine.create(vine.object({ text: vine.string() })),
})

function wire(text = 'Grüße 茶 "quoted" \\u0000 \u{1f375}') {
  const message = noted.about('order-1', { text }, { headers: { traceparent: '00-ab-cd-01' } })
  return { message, record: encode({ ...message, json: JSON.stringify(message.data) }, NAMESPACE) }
}

test.group('A message', () => {
  test('comes out of its record as it went in', ({ assert }) => {
    const { message, record } = wire()
    assert.deepEqual(decode('orders', record, NAMESPACE), message)
  })

  test('is a CloudEvent in binary mode on the wire', ({ assert }) => {
    const { message, record } = wire()
    assert.equal(record.key, 'order-1')
    assert.deepEqual(JSON.parse(record.value!.toString('utf8')), message.data)
    assert.deepEqual(record.headers, {
      'content-type': 'application/json',
      'ce_specversion': '1.0',
      'ce_id': message.id,
      'ce_source': '/orders',
      'ce_type': 'quartermaster.orders.order_noted.v3',
      'ce_time': message.time,
      'ce_subject': 'order-1',
      'traceparent': '00-ab-cd-01',
    })
    assert.equal(ceType(noted, NAMESPACE), record.headers.ce_type)
  })

  test('has a UUIDv7 of its own, and the time of its making in RFC 3339', ({ assert }) => {
    const before = Date.now()
    const [{ id, time }, other] = [wire().message, wire().message]
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.notEqual(id, other.id)
    assert.isAtLeast(Date.parse(time), before)
    assert.equal(new Date(time).toISOString(), time)
  })

  test('keeps an id that a caller must know before', ({ assert }) => {
    const id = '01890f3e-0000-7000-8000-000000000001'
    assert.equal(noted.about('k', { text: '' }, { id }).id, id)
  })

  test('cannot have its envelope changed by a further header', ({ assert }) => {
    const { message } = wire()
    const forged = { ...message, headers: { 'ce_id': 'x', 'content-type': 'text/plain' } }
    const record = encode({ ...forged, json: '{}' }, NAMESPACE)
    assert.equal(record.headers.ce_id, message.id)
    assert.equal(record.headers['content-type'], 'application/json')
  })

  test('keeps further headers, and none of the envelope among them', ({ assert }) => {
    const { record } = wire()
    record.headers.ce_replayof = '17'
    assert.deepEqual(decode('orders', record, NAMESPACE).headers, {
      traceparent: '00-ab-cd-01',
      ce_replayof: '17',
    })
  })

  test('without a time is from the beginning of time', ({ assert }) => {
    const { record } = wire()
    delete record.headers.ce_time
    assert.equal(decode('orders', record, NAMESPACE).time, '1970-01-01T00:00:00.000Z')
  })

  test('may carry any JSON: its schema is asked later', ({ assert }) => {
    for (const json of ['null', '17', '[]', '"text"']) {
      const record = { ...wire().record, value: Buffer.from(json) }
      assert.deepEqual(decode('orders', record, NAMESPACE).data, JSON.parse(json))
    }
  })

  test('has its id in small letters, as PostgreSQL tells it', ({ assert }) => {
    const { message, record } = wire()
    record.headers.ce_id = message.id.toUpperCase()
    assert.equal(decode('orders', record, NAMESPACE).id, message.id)
  })
})

const header = (name: string, value?: string) => (record: WireRecord) => {
  if (value === undefined) delete record.headers[name]
  else record.headers[name] = value
}
const value = (text: string | Buffer | null) => (record: WireRecord) => {
  record.value = text === null ? null : Buffer.from(text)
}
const key = (text: string | null) => (record: WireRecord) => {
  record.key = text
}

const reasons: [what: string, spoil: (record: WireRecord) => void, reason: RegExp][] = [
  ['no ce_id', header('ce_id'), /^the header ce_id is missing$/],
  ['an empty ce_id', header('ce_id', ''), /^the header ce_id is missing$/],
  ['a ce_id that is a word', header('ce_id', 'one'), /^the header ce_id is not a UUID$/],
  ['two ce_ids', header('ce_id', '01890f3e-0000-7000-8000-000000000001\n2'), /is not a UUID$/],
  ['no ce_source', header('ce_source'), /^the header ce_source is "undefined", not "\/orders"$/],
  ['another ce_source', header('ce_source', '/inventory'), /is "\/inventory", not "\/orders"$/],
  ['no ce_type', header('ce_type'), /^the header ce_type is "undefined"$/],
  [
    'a ce_type of others',
    header('ce_type', 'com.example.x'),
    /^the header ce_type is "com.example/,
  ],
  ['no version', header('ce_type', 'quartermaster.orders.order_noted'), /^the header ce_type/],
  ['a strange version', header('ce_type', 'quartermaster.orders.order_noted.vx'), /ce_type/],
  ['another module', header('ce_type', 'quartermaster.inventory.order_noted.v3'), /ce_type/],
  ['more after its type', header('ce_type', 'quartermaster.orders.order_noted.v3\n'), /ce_type/],
  ['no key', key(null), /^the key is missing$/],
  ['a NUL in its key', key('order\0'), /^the key is too long or contains a NUL/],
  ['a key that is too long', key('k'.repeat(513)), /^the key is too long or contains a NUL/],
  ['no value', value(null), /^the value is not JSON$/],
  ['an empty value', value(''), /^the value is not JSON$/],
  ['half a value', value('{"text":"a'), /^the value is not JSON$/],
  ['a raw NUL in its value', value('{"text":"a\0b"}'), /^the value is not JSON$/],
  ['bytes that are no text', value(Buffer.from([0x80, 0x81])), /^the value is not JSON$/],
]

test.group('A record with', () => {
  test('{0} is no envelope of ours, and says why')
    .with(reasons)
    .run(({ assert }, [, spoil, reason]) => {
      const { record } = wire()
      spoil(record)
      assert.throws(() => decode('orders', record, NAMESPACE), NotOurEnvelope)
      assert.throws(() => decode('orders', record, NAMESPACE), reason)
    })

  test('the longest key is ours', ({ assert }) => {
    const { record } = wire()
    record.key = 'k'.repeat(512)
    assert.equal(decode('orders', record, NAMESPACE).key, record.key)
  })
})
