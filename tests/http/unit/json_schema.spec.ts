import { test } from '@japa/runner'
import { strictSchema, printableSchema, notNull, orNull, type Schema } from '#http/json_schema'

test.group('The schema of a field', () => {
  test('also allows null, whatever its type', ({ assert }) => {
    assert.deepEqual(orNull({ type: 'string' }), { type: ['string', 'null'] })
    assert.deepEqual(orNull({ enum: ['a', 'b'] }), {
      type: ['string', 'null'],
      enum: ['a', 'b', null],
    })
    const ref = { $ref: '#/components/schemas/Currency' }
    assert.deepEqual(orNull(ref), { anyOf: [ref, { type: 'null' }] })
    assert.deepEqual(orNull(orNull({ type: 'string' })), { type: ['string', 'null'] })
  })

  test('has no null where it cannot be sent', ({ assert }) => {
    for (const schema of [{ type: 'string' }, { enum: ['a'], type: 'string' }]) {
      assert.deepEqual(notNull(orNull(schema)), schema)
    }
  })

  test('refuses control and invisible characters, and invisible texts', ({ assert }) => {
    const matches = (schema: Schema, text: string) => {
      printableSchema(schema)
      return new RegExp(schema.pattern, 'u').test(text)
    }
    assert.isTrue(matches({}, ''))
    assert.isTrue(matches({ minLength: 1 }, 'Zoë 1'))
    assert.isFalse(matches({ minLength: 1 }, ' '))
    for (const text of ['a\u0000', 'a\nb', '\u200Bx']) assert.isFalse(matches({}, text), text)
  })
})

test.group('The schema of an object', () => {
  test('requires all fields except optional ones, which allow null', ({ assert }) => {
    const schema: Schema = { properties: { sku: { type: 'string' }, note: { type: 'string' } } }
    strictSchema(schema, { sku: {}, note: { isOptional: true } })
    assert.deepEqual(schema, {
      properties: { sku: { type: 'string' }, note: { type: ['string', 'null'] } },
      required: ['sku'],
    })
  })
})
