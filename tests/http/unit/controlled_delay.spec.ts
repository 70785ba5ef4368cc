import { test } from '@japa/runner'
import { ControlledDelay } from '#http/controlled_delay'

test.group('A line with a controlled delay', () => {
  /** Milliseconds; it goes on when a test says so. */
  let now = 0

  test('lets so many begin at once, and calls the next when one ends', async ({ assert }) => {
    const line = new ControlledDelay(2)
    const [first, second] = await Promise.all([line.turn(), line.turn()])
    const called: string[] = []
    const third = line.turn().then((turn) => (called.push('third'), turn))
    const fourth = line.turn().then((turn) => (called.push('fourth'), turn))
    assert.deepEqual([line.atWork, line.waiting], [2, 2])
    first!.end()
    const turn = await third
    assert.deepEqual(called, ['third'])
    assert.deepEqual([line.atWork, line.waiting], [2, 1])
    for (const each of [second, turn]) each!.end()
    ;(await fourth)!.end()
    assert.deepEqual([line.atWork, line.waiting], [0, 0])
  })

  test('counts a turn that is ended twice once', async ({ assert }) => {
    const line = new ControlledDelay(1)
    const first = await line.turn()
    first!.end()
    const second = await line.turn()
    first!.end()
    assert.equal(line.atWork, 1)
    second!.end()
  })

  test('has a burst wait, for a second at most', async ({ assert }) => {
    const line = new ControlledDelay(1, () => now)
    const held = await line.turn()
    const [early, late] = [line.turn(), line.turn()]
    now += 1_000
    held!.end()
    assert.isNotNull(await early)
    now += 1
    assert.isNull(await late)
  })

  test('has nobody wait for longer than a moment once it has stood for a second', async ({
    assert,
  }) => {
    const line = new ControlledDelay(1, () => now)
    const held = await line.turn()
    const first = line.turn()
    now += 900
    const [second, third] = [line.turn(), line.turn()]
    now += 100
    const fourth = line.turn()
    now += 1
    assert.deepEqual(await Promise.all([first, second, third]), [null, null, null])
    assert.equal(line.waiting, 1)
    now += 99
    held!.end()
    assert.isNotNull(await fourth)
  })

  test('takes back a turn that others have waited two seconds for', async ({ assert }) => {
    const line = new ControlledDelay(1, () => now)
    const held = await line.turn()
    now += 1_999
    const waiting = line.turn()
    now += 1
    const turn = await waiting
    assert.isNotNull(turn)
    held!.end()
    assert.equal(line.atWork, 1)
  })
})
