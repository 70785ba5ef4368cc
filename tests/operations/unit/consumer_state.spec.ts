import { test } from '@japa/runner'
import { consumerState } from '#operations/pages/at_work'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000)

test.group('A consumer that runs in other processes', () => {
  test('is well while nothing waits for it, or it handles what waits', ({ assert }) => {
    for (const [waiting, last] of [
      [0, ago(3_600)],
      [null, null],
      [500, ago(2)],
    ] as const) {
      assert.equal(consumerState(undefined, waiting, last).tone, 'good')
    }
  })

  test('is not well when messages wait and none is handled', ({ assert }) => {
    for (const last of [ago(60), null]) {
      const { state, tone } = consumerState(undefined, 5, last)
      assert.deepEqual([state, tone], ['in other processes, which handle nothing', 'bad'])
    }
  })
})
