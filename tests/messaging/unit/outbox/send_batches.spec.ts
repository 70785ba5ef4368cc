import { test } from '@japa/runner'
import { SendBatches } from '#messaging/outbox/send_batches'

test.group('What is sent to a broker at once', () => {
  test('is what has room in half a megabyte, a partition each, in order', ({ assert }) => {
    const rows = [row(0, 300), row(1, 10), row(0, 300), row(0, 1), row(1, 10), row(2, 900)]
    const batches = new SendBatches().of(rows, 2)
    assert.deepEqual(batches.get(0), [rows[0]])
    assert.deepEqual(batches.get(1), [rows[1], rows[4]])
  })

  test('fits what the broker takes, with few refusals, also beside messages that never fit', ({
    assert,
  }) => {
    const LIMIT = 8_000
    const batches = new SendBatches()
    // Every hundredth is larger than the broker takes.
    let waiting = Array.from({ length: 1_000 }, (_, n) => row(0, n % 100 === 50 ? 9 : 0.6))
    const sent: object[] = []
    const parked: object[] = []
    let refusals = 0
    while (waiting.length > 0) {
      const batch = batches.of(waiting, 1).get(0)!
      if (batch.reduce((sum, { json }) => sum + json.length, 0) > LIMIT) {
        refusals++
        if (batch.length > 1) {
          batches.lowerLimit(0, batch)
          continue
        }
        parked.push(...batch)
      } else {
        sent.push(...batch)
        batches.raiseLimit(0, batch)
      }
      waiting = waiting.slice(batch.length)
    }
    assert.lengthOf(sent, 990)
    assert.lengthOf(parked, 10)
    assert.isBelow(refusals, 80)
  })

  test('is more again once the broker takes more', ({ assert }) => {
    const batches = new SendBatches()
    const rows = Array.from({ length: 50 }, () => row(0, 10))
    batches.lowerLimit(0, rows.slice(0, 2))
    assert.lengthOf(batches.of(rows, 1).get(0)!, 1)
    // What is small says nothing of the limit.
    for (let n = 0; n < 20; n++) batches.raiseLimit(0, [row(0, 1)])
    assert.lengthOf(batches.of(rows, 1).get(0)!, 1)
    for (let n = 0; n < 20; n++) batches.raiseLimit(0, batches.of(rows, 1).get(0)!)
    assert.lengthOf(batches.of(rows, 1).get(0)!, 50)
  })
})

function row(partition: number, kilobytes: number) {
  return { key_hash: partition, json: 'x'.repeat(kilobytes * 1_024) }
}
