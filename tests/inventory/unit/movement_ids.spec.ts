import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { movementIdAfter } from '#inventory/ledger/movement_ids'

const AHEAD = 'ffffffff-0000-7000-8000-000000000000'

test.group('The id of a movement', () => {
  test('uses this clock unless the last id is ahead of it', ({ assert }) => {
    for (const last of [null, uuidv7()]) {
      const before = uuidv7()
      const id = movementIdAfter(last)
      assert.isTrue(before < id && id < uuidv7())
    }
  })

  test('ascends from a last id that is ahead, with that id’s time', ({ assert }) => {
    const ids = [AHEAD]
    for (let n = 0; n < 10_000; n++) ids.push(movementIdAfter(ids.at(-1)!))
    assert.deepEqual(ids, [...new Set(ids)].sort())
    assert.isTrue(ids.every((id) => /^ffffffff-0000-7[0-9a-f]{3}-[89ab]/.test(id)))
  })

  for (const [last, next] of [
    ['ffffffff-0000-7000-bfff-ffff00000000', /^ffffffff-0000-7001-8000-0000/],
    ['ffffffff-0000-7fff-bfff-ffff00000000', /^ffffffff-0001-7000-8000-0000/],
  ] as const) {
    test(`carries over after ${last}`, ({ assert }) => {
      assert.match(movementIdAfter(last), next)
    })
  }
})
