import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { MessageIds } from '#messaging/transports/message_ids'

test.group('The ids of the messages in a topic', () => {
  test('are found, however many, and no others; what is no id is nobody’s', ({ assert }) => {
    const ids = new MessageIds()
    const there = Array.from({ length: 100_000 }, () => uuidv7())
    for (const id of there) ids.add(id)
    ids.add('undefined')
    assert.isTrue(there.every((id) => ids.has(id)))
    assert.isTrue(ids.has(there[0].toUpperCase()))
    assert.isFalse(Array.from({ length: 1_000 }, () => randomUUID()).some((id) => ids.has(id)))
    assert.isFalse(ids.has('undefined'))
    const late = uuidv7()
    assert.isFalse(ids.has(late))
    ids.add(late)
    assert.isTrue(ids.has(late))
  })
})
