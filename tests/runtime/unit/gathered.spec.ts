import { test } from '@japa/runner'
import { Gathered } from '#runtime/gathered'

test.group('Gathered calls', () => {
  test('share a run, and each gets its own result', async ({ assert }) => {
    const runs: number[][] = []
    const doubled = new Gathered(async (items: number[]) => {
      runs.push(items)
      return items.map((item) => 2 * item)
    })
    assert.deepEqual(await Promise.all([1, 2, 3].map((item) => doubled.call(item))), [2, 4, 6])
    assert.deepEqual(runs, [[1, 2, 3]])
  })

  test('that are made during a run share the next one', async ({ assert }) => {
    const runs: string[][] = []
    const begun = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const gathered = new Gathered(async (items: string[]) => {
      runs.push(items)
      begun.resolve()
      await held.promise
      return items
    })
    const first = gathered.call('first')
    await begun.promise
    const others = [gathered.call('second'), gathered.call('third')]
    held.resolve()
    await Promise.all([first, ...others])
    assert.deepEqual(runs, [['first'], ['second', 'third']])
  })

  test('fail with their run, and the next run is not affected', async ({ assert }) => {
    let fails = true
    const gathered = new Gathered(async (items: string[]) => {
      if (fails) throw new Error('the database is away')
      return items
    })
    await assert.rejects(() => gathered.call('first'), 'the database is away')
    fails = false
    assert.equal(await gathered.call('second'), 'second')
  })
})
