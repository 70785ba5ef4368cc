import { test } from '@japa/runner'
import { FairQueue, type ReleasePermit } from '#http/server/fair_queue'

test.group('A fair queue', () => {
  /** Queues requests; `called` names those that had their turn, in order, and `rejected` the others. */
  function observed(queue: FairQueue) {
    const called: string[] = []
    const rejected: string[] = []
    let end: ReleasePermit = () => {}
    return {
      called,
      rejected,
      async ask(name: string, group: string) {
        const turn = await queue.acquire(group)
        if (turn) end = turn
        ;(turn ? called : rejected).push(name)
      },
      async next() {
        end()
        await new Promise((go) => setImmediate(go))
      },
    }
  }

  test('serves groups in turn, and the newest of a group first', async ({ assert }) => {
    const queue = new FairQueue({ atOnce: 1, waiting: 10, patience: 60_000 })
    const { ask, next, called } = observed(queue)
    await ask('first', 'a')
    for (const [name, group] of ['a1 a', 'a2 a', 'a3 a', 'b1 b', 'b2 b'].map((x) => x.split(' '))) {
      void ask(name, group)
    }
    for (let n = 0; n < 6; n++) await next()
    assert.deepEqual(called, ['first', 'a3', 'b2', 'a2', 'b1', 'a1'])
  })

  test('rejects the oldest of the largest group when it is full', async ({ assert }) => {
    const queue = new FairQueue({ atOnce: 1, waiting: 3, patience: 60_000 })
    const { ask, next, called, rejected } = observed(queue)
    await ask('first', 'a')
    for (const [name, group] of ['b1 b', 'a1 a', 'a2 a', 'a3 a', 'c1 c'].map((x) => x.split(' '))) {
      void ask(name, group)
    }
    await new Promise((go) => setImmediate(go))
    assert.deepEqual(rejected, ['a1', 'a2'])
    for (let n = 0; n < 4; n++) await next()
    assert.deepEqual(called, ['first', 'b1', 'a3', 'c1'])
  })

  test('rejects entries that waited too long', async ({ assert }) => {
    const queue = new FairQueue({ atOnce: 1, waiting: 3, patience: 20 })
    const end = await queue.acquire('a')
    const late = queue.acquire('a')
    assert.equal(queue.waitingOf('a'), 1)
    assert.isNull(await late)
    assert.equal(queue.waitingOf('a'), 0)
    end!()
    assert.isNotNull(await queue.acquire('a'))
  })

  test('releases a permit once', async ({ assert }) => {
    const queue = new FairQueue({ atOnce: 1, waiting: 3, patience: 20 })
    const first = await queue.acquire('a')
    first!()
    const second = await queue.acquire('a')
    first!()
    assert.isNull(await queue.acquire('a'))
    second!()
    assert.isNotNull(await queue.acquire('a'))
  })
})
