import { test } from '@japa/runner'
import { Delays } from '#accounts/sign_in/delays'

test.group('Delays', () => {
  test('run at the same time', async ({ assert }) => {
    const delays = new Delays(100)
    const began = performance.now()
    const lasted = await Promise.all(Array.from({ length: 100 }, () => delays.wait(100)))
    assert.isTrue(lasted.every(Boolean))
    // One after the other takes ten seconds.
    assert.isBelow(performance.now() - began, 5_000)
  })

  test('are cut short, one for each that is too many, and a new one finds room after that', async ({
    assert,
  }) => {
    const delays = new Delays(3)
    const lasted = await Promise.all(Array.from({ length: 10 }, () => delays.wait(50)))
    assert.lengthOf(lasted.filter(Boolean), 3)
    assert.isTrue(await delays.wait(1))
  })

  test('are cut at random: a flood that comes after one does not always end it', async ({
    assert,
  }) => {
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const delays = new Delays(10)
        const first = delays.wait(20)
        const flood = Array.from({ length: 15 }, () => delays.wait(20))
        await Promise.all(flood)
        return first
      })
    )
    // Six are cut, each time one of eleven: (10/11)^6 = 56 % last.
    const lasted = outcomes.filter(Boolean).length
    assert.isAtLeast(lasted, 60)
    assert.isAtMost(lasted, 160)
  })
})
