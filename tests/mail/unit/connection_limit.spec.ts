import { setImmediate } from 'node:timers/promises'
import { test } from '@japa/runner'
import { ConnectionLimit } from '#mail/connection_limit'

const MINUTE = 60_000

test.group('The mails that are sent at once', (group) => {
  let limit: ConnectionLimit
  let begun = 0
  let refused = 0

  group.each.setup(() => {
    begun = 0
    refused = 0
  })
  group.each.teardown(() => limit.close())

  test('are as many as the setting, and the next one begins when one has ended', async ({
    assert,
  }) => {
    await ask(5, { connections: 3 })
    assert.equal(begun, 3)
    limit.delivered()
    await setImmediate()
    assert.equal(begun, 4)
  })

  test('become as many as the server takes when it refuses the others', async ({ assert }) => {
    await ask(20, { connections: 10 })
    for (let n = 0; n < 8; n++) assert.isTrue(limit.failed(), 'others are in use: it can wait')
    await setImmediate()
    assert.equal(begun, 10, 'nothing begins in place of those that failed')
    for (let n = 0; n < 2; n++) limit.delivered()
    await setImmediate()
    assert.equal(begun, 12, 'two at a time')
  })

  test('become more again after a while', async ({ assert }) => {
    await ask(40, { connections: 10 })
    for (let n = 0; n < 8; n++) limit.failed()
    const later = Date.now() + MINUTE
    limit.delivered(later)
    await setImmediate()
    assert.equal(begun, 12, 'three at once')
    limit.delivered(later)
    await setImmediate()
    assert.equal(begun, 14, 'four: twice as many as the server took before')
    limit.delivered(later)
    await setImmediate()
    assert.equal(begun, 15, 'no more until some time has passed')
  })

  test('are one when all connections fail, and only that one counts a failure', async ({
    assert,
  }) => {
    await ask(20, { connections: 10 })
    const waits = Array.from({ length: 10 }, () => limit.failed())
    assert.deepEqual(
      waits.filter((wait) => !wait),
      [false]
    )
    await setImmediate()
    assert.equal(begun, 10, 'the next one waits a moment')
    limit.close()
    await setImmediate()
    assert.equal(refused, 10)
  })

  test('begin no faster than the rate', async ({ assert }) => {
    await ask(3, { connections: 10, perSecond: 1 })
    assert.equal(begun, 1)
  })

  async function ask(
    mails: number,
    { connections, perSecond = null }: { connections: number; perSecond?: number | null }
  ) {
    limit = new ConnectionLimit({ connections, perSecond })
    for (let n = 0; n < mails; n++) {
      void limit.take().then((begins) => (begins ? begun++ : refused++))
    }
    await setImmediate()
  }
})
