import { test } from '@japa/runner'
import { ControlledDelay } from '#http/server/controlled_delay'

test.group('A queue with a controlled delay', () => {
  /** Milliseconds; it goes on when a test says so. */
  let now = 0

  test('admits up to its limit, and the next when one ends', async ({ assert }) => {
    const line = new ControlledDelay(2)
    const [first, second] = await Promise.all([line.acquire(), line.acquire()])
    const called: string[] = []
    const third = line.acquire().then((permit) => (called.push('third'), permit))
    const fourth = line.acquire().then((permit) => (called.push('fourth'), permit))
    assert.deepEqual([line.active, line.waiting], [2, 2])
    first!.release()
    const permit = await third
    assert.deepEqual(called, ['third'])
    assert.deepEqual([line.active, line.waiting], [2, 1])
    for (const each of [second, permit]) each!.release()
    ;(await fourth)!.release()
    assert.deepEqual([line.active, line.waiting], [0, 0])
  })

  test('counts a permit that is released twice once', async ({ assert }) => {
    const line = new ControlledDelay(1)
    const first = await line.acquire()
    first!.release()
    const second = await line.acquire()
    first!.release()
    assert.equal(line.active, 1)
    second!.release()
  })

  test('lets a burst wait for at most a second', async ({ assert }) => {
    const line = new ControlledDelay(1, () => now)
    const held = await line.acquire()
    const [early, late] = [line.acquire(), line.acquire()]
    now += 1_000
    held!.release()
    assert.isNotNull(await early)
    now += 1
    assert.isNull(await late)
  })

  test('allows only short waits once it has been standing for a second', async ({ assert }) => {
    const line = new ControlledDelay(1, () => now)
    const held = await line.acquire()
    const first = line.acquire()
    now += 900
    const [second, third] = [line.acquire(), line.acquire()]
    now += 100
    const fourth = line.acquire()
    now += 1
    assert.deepEqual(await Promise.all([first, second, third]), [null, null, null])
    assert.equal(line.waiting, 1)
    now += 99
    held!.release()
    assert.isNotNull(await fourth)
  })

  test('takes back a permit after others have waited two seconds for it', async ({ assert }) => {
    const line = new ControlledDelay(1, () => now)
    const held = await line.acquire()
    now += 1_999
    const waiting = line.acquire()
    now += 1
    const permit = await waiting
    assert.isNotNull(permit)
    held!.release()
    assert.equal(line.active, 1)
  })

  test('is overloaded once it has been standing for a second and moves too slowly', async ({
    assert,
  }) => {
    const line = new ControlledDelay(1, () => now)
    const held = await line.acquire()
    const first = line.acquire()
    now += 1_000
    assert.isFalse(line.overloaded, 'a burst')
    now += 1
    assert.isTrue(line.overloaded)
    held!.release()
    assert.isNull(await first)
    assert.isFalse(line.overloaded, 'nobody waits')
  })

  test('admits immediately only if nobody waits', async ({ assert }) => {
    const line = new ControlledDelay(1)
    const first = line.tryAcquire()
    assert.isNotNull(first)
    assert.isNull(line.tryAcquire())
    const waiting = line.acquire()
    first!.release()
    const second = await waiting
    assert.isNull(line.tryAcquire())
    second!.release()
    line.tryAcquire()!.release()
  })
})
