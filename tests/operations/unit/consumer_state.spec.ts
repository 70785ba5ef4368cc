import { test } from '@japa/runner'
import { elsewhere } from '#operations/pages/pipeline_status'

const at = (seconds: number) => seconds * 1_000

test.group('A consumer that runs in other processes', () => {
  test('is healthy while it handles waiting messages, however long it was idle before', ({
    assert,
  }) => {
    const toneAt = (seconds: number, waiting: number | null, last: number) =>
      elsewhere('orders', waiting, new Date(at(last)), at(seconds)).tone
    assert.equal(toneAt(3_600, 0, 10), 'good')
    assert.equal(toneAt(3_601, 5, 10), 'good')
    assert.equal(toneAt(3_640, 5, 3_639), 'good')
    assert.equal(toneAt(3_660, 5, 3_659), 'good')
    assert.equal(toneAt(3_700, null, 3_659), 'good')
  })

  test('is unhealthy once messages have waited for half a minute and none was handled', ({
    assert,
  }) => {
    const said = (seconds: number) => elsewhere('inventory', 5, null, at(seconds))
    assert.equal(said(100).tone, 'good')
    assert.equal(said(125).tone, 'good')
    assert.deepEqual(said(131), {
      tone: 'bad',
      state: 'in other processes, no progress',
    })
  })
})
