import { test } from '@japa/runner'
import { UnfinishedBodies } from '#http/server/unfinished_bodies'

const never = () => new Promise<never>(() => {})
const arriving = { complete: false }

test.group('Unfinished bodies', () => {
  /** Begins to read so many bodies that never arrive; their rejections by place. */
  function stalled(bodies: UnfinishedBodies, address: string, count: number) {
    const rejected = new Map<number, string>()
    for (let n = 0; n < count; n++) {
      bodies.read(address, arriving, never).catch((error) => rejected.set(n, error.code))
    }
    return rejected
  }

  test('are 64 per address, whichever addresses of an IPv6 network: the oldest makes room', async ({
    assert,
  }) => {
    const bodies = new UnfinishedBodies()
    const other = stalled(bodies, '192.0.2.1', 1)
    const early = stalled(bodies, '2001:db8::1', 64)
    const late = stalled(bodies, '2001:db8::ffff', 2)
    await new Promise((go) => setImmediate(go))
    assert.deepEqual(Object.fromEntries(early), {
      0: 'too_many_unfinished_bodies',
      1: 'too_many_unfinished_bodies',
    })
    assert.equal(late.size + other.size, 0)
    assert.equal(bodies.count, 65)
  })

  test('are 1,000 per process: the oldest of the address that has most makes room', async ({
    assert,
  }) => {
    const bodies = new UnfinishedBodies()
    const few = stalled(bodies, '198.51.100.1', 3)
    const many = stalled(bodies, '198.51.100.2', 20)
    for (let n = 0; n < 977; n++) stalled(bodies, `10.0.${Math.floor(n / 250)}.${n % 250}`, 1)
    assert.equal(bodies.count, 1_000)
    const last = stalled(bodies, '198.51.100.3', 1)
    await new Promise((go) => setImmediate(go))
    assert.deepEqual(Object.fromEntries(many), { 0: 'body_capacity_exceeded' })
    assert.equal(few.size + last.size, 0)
    assert.equal(bodies.count, 1_000)
  })

  test('exclude complete ones: a burst of complete requests from one address loses none', async ({
    assert,
  }) => {
    const bodies = new UnfinishedBodies()
    const { promise: parsed, resolve } = Promise.withResolvers<void>()
    const whole = Array.from({ length: 200 }, () => {
      const incoming = { complete: false }
      const reading = bodies.read('192.0.2.1', incoming, () => parsed)
      // The parser of HTTP announces a request before its body, which often lies in the same packet.
      incoming.complete = true
      return reading
    })
    const slow = stalled(bodies, '192.0.2.1', 65)
    resolve()
    await Promise.all(whole)
    assert.deepEqual(Object.fromEntries(slow), { 0: 'too_many_unfinished_bodies' })
  })

  test('exclude one that arrives with its request', async ({ assert }) => {
    const bodies = new UnfinishedBodies()
    const reading = bodies.read('192.0.2.1', { complete: true }, async () => 'read')
    assert.equal(bodies.count, 0)
    assert.equal(await reading, 'read')
  })

  test('stop counting when they are complete or failed', async ({ assert }) => {
    const bodies = new UnfinishedBodies()
    const arrived = bodies.read('192.0.2.1', arriving, async () => 'read')
    const failed = bodies.read('192.0.2.1', arriving, () => Promise.reject(new Error('cut off')))
    assert.equal(bodies.count, 2)
    assert.equal(await arrived, 'read')
    await assert.rejects(() => failed, 'cut off')
    assert.equal(bodies.count, 0)
  })
})
