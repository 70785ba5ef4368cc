import { test } from '@japa/runner'
import { Pace } from '#runtime/pace'

test.group('The pace of reads', () => {
  test('reads a message that comes alone at once', ({ assert }) => {
    const pace = new Pace({ most: 10, perRow: 4 })
    assert.equal(pace.delay(0, false), 0)
    for (let at = 0; at < 1_000; at += 100) {
      pace.read(1, at)
      assert.equal(pace.delay(at + 1, false), 0)
    }
  })

  test('gathers for longer the more rows it finds, up to a limit', ({ assert }) => {
    const delays = [1, 2, 3, 100].map((rows) => {
      const pace = new Pace({ most: 10, perRow: 4 })
      for (let n = 0; n < 50; n++) pace.read(rows, 0)
      return Math.round(pace.delay(0, false))
    })
    assert.deepEqual(delays, [0, 4, 8, 10])
  })

  test('reads at once again after a pause, and soon after the load has ended', ({ assert }) => {
    const pace = new Pace({ most: 10, perRow: 4 })
    for (let n = 0; n < 50; n++) pace.read(100, 0)
    assert.equal(pace.delay(10, false), 0)
    for (let n = 0; n < 20; n++) pace.read(1, 1_000)
    assert.isBelow(pace.delay(1_000, false), 2)
  })

  test('waits for work in progress, but not when it hangs', ({ assert }) => {
    const pace = new Pace({ most: 10, perRow: 4 })
    pace.read(1, 0)
    assert.equal(pace.delay(4, true), 6)
    assert.equal(pace.delay(10, true), 0)
  })
})
