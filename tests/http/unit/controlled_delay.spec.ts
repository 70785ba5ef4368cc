import { setTimeout as sleep } from 'node:timers/promises'
import { test } from '@japa/runner'
import { ControlledDelay, type Turn } from '#http/controlled_delay'

test.group('A line with a controlled delay', () => {
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
    const line = new ControlledDelay(1)
    const held = (await line.turn())!
    const [early, late] = [waits(line), waits(line)]
    await sleep(500)
    held.end()
    const called = await early
    assert.isNotNull(called.turn)
    const sent = await late
    assert.isNull(sent.turn)
    assert.closeTo(sent.after, 1_000, 300)
    called.turn!.end()
  })

  test('has nobody wait for longer than a moment once it has stood for a second', async ({
    assert,
  }) => {
    const line = new ControlledDelay(1)
    const began = performance.now()
    const callers: Promise<Waited & { came: number }>[] = []
    // A hundred come in a second, and fifty can be served.
    for (let came = 0; came < 2_000; came = performance.now() - began) {
      const caller = waits(line).then((waited) => {
        setTimeout(() => waited.turn?.end(), 20)
        return { came, ...waited }
      })
      callers.push(caller)
      await sleep(10)
    }
    const late = (await Promise.all(callers)).filter(({ came }) => came > 1_200)
    assert.isAbove(late.filter(({ turn }) => turn).length, 10)
    assert.isAbove(late.filter(({ turn }) => !turn).length, 10)
    assert.isBelow(Math.max(...late.map(({ after }) => after)), 300)
  })

  test('takes back a turn that lasts longer than two seconds', async ({ assert }) => {
    const line = new ControlledDelay(1)
    const held = (await line.turn())!
    await sleep(1_500)
    const { turn, after } = await waits(line)
    assert.isNotNull(turn)
    assert.closeTo(after, 500, 200)
    held.end()
    assert.equal(line.atWork, 1)
    turn!.end()
  })
})

interface Waited {
  turn: Turn | null
  /** Milliseconds. */
  after: number
}

async function waits(line: ControlledDelay): Promise<Waited> {
  const began = performance.now()
  const turn = await line.turn()
  return { turn, after: performance.now() - began }
}
