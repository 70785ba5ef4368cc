import { randomBytes } from 'node:crypto'
import { test } from '@japa/runner'
import type { Delivery } from '#messaging/transports/transport'
import {
  about,
  alive,
  consumerOf,
  countOf,
  deliveries,
  emptyEffects,
  deadLetters,
  numbersOf,
  createEffects,
} from '#tests/messaging/support/recording_consumer'

type Spoil = (record: Delivery['record']) => Partial<Delivery['record']>

const header = (name: string, value: string): Spoil => {
  return ({ headers }) => ({ headers: { ...headers, [name]: value } })
}
const without = (name: string): Spoil => {
  return ({ headers }) => ({
    headers: Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name)),
  })
}

const junk: [kind: string, spoil: Spoil, why: RegExp][] = [
  ['without a value', () => ({ value: null }), /not JSON/],
  ['that is not JSON', () => ({ value: Buffer.from('<order/>') }), /not JSON/],
  ['with NUL bytes in its value', () => ({ value: Buffer.from('{"n":\0}') }), /not JSON/],
  ['with bytes that are no UTF-8', () => ({ value: Buffer.from([0xff, 0xfe, 0]) }), /not JSON/],
  ['without any header', () => ({ headers: {} }), /ce_id is missing/],
  ['without ce_id', without('ce_id'), /ce_id is missing/],
  ['without ce_source', without('ce_source'), /ce_source is "undefined"/],
  ['without ce_type', without('ce_type'), /ce_type is "undefined"/],
  ['whose ce_id is no UUID', header('ce_id', '17'), /ce_id is not a UUID/],
  ['of a foreign ce_source', header('ce_source', '/inventory'), /not "\/orders"/],
  ['of a strange ce_type', header('ce_type', 'com.example.noted'), /ce_type is "com.example/],
  ['of another module in ce_type', header('ce_type', 'quartermaster.mail.noted.v1'), /ce_type/],
  ['with NUL bytes in its headers', header('ce_source', '/or\0ders\\u0000'), /ce_source is/],
  ['without a key', () => ({ key: null }), /key is missing/],
  ['with a NUL byte in its key', () => ({ key: 'k\0' }), /key/],
  ['with a key that no index holds', () => ({ key: noise(20_000) }), /key/],
  [
    'of no kind, with a key that no index holds',
    () => ({ key: noise(20_000), headers: {} }),
    /ce_id/,
  ],
]

/** Text that does not compress, so that PostgreSQL refuses it in an index. */
function noise(length: number) {
  return randomBytes(length / 2).toString('hex')
}

test.group('A malformed record', (group) => {
  group.setup(createEffects)
  group.each.setup(emptyEffects)

  test('with {0} becomes one dead letter and does not block its key')
    .with(junk)
    .run(async ({ assert }, [, spoil, why]) => {
      const consumer = consumerOf()
      const [before, spoilt, after] = deliveries(about('k', 1, 2, 3))
      spoilt.record = { ...spoilt.record, ...spoil(spoilt.record) }
      for (let time = 0; time < 3; time++) {
        await consumer.handle([before, spoilt, after], alive)
        await consumer.handle([spoilt], alive)
      }
      const found = await deadLetters()
      assert.lengthOf(found, 1)
      assert.containSubset(found[0], { reason: 'junk', attempts: 1, message_id: null })
      assert.equal(found[0].error_class, 'NotOurEnvelope')
      assert.match(found[0].error_message!, why)
      assert.equal(await countOf('waiting_keys'), 0)
      assert.deepEqual(await numbersOf('k'), [1, 3])
      assert.isEmpty(consumer.warnings())
    })

  test('of any kind does not stop the messages around it in the batch', async ({ assert }) => {
    const batch = junk.flatMap(([, spoil], n) => {
      const [good, bad] = deliveries(about('k', n, n))
      return [good, { ...bad, record: { ...bad.record, ...spoil(bad.record) } }]
    })
    await consumerOf().handle(batch, alive)
    assert.lengthOf(await deadLetters(), junk.length)
    assert.deepEqual(
      await numbersOf('k'),
      junk.map((_, n) => n)
    )
  })

  test('does not count as a failure: a thousand in a row do not pause the consumer', async ({
    assert,
  }) => {
    const consumer = consumerOf()
    const batch = deliveries(about('k', ...Array.from({ length: 1_000 }, (_, n) => n)))
    for (const { record } of batch) record.headers = {}
    await consumer.handle(batch, alive)
    assert.lengthOf(await deadLetters(), 1_000)
    assert.isEmpty(consumer.warnings())
  })
})
