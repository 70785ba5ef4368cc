import { once, EventEmitter } from 'node:events'
import { test } from '@japa/runner'
import { PollingWorker } from '#runtime/polling_worker'

const LONG_MS = 3_600_000

/** Polls as the test decides, and announces each poll. */
class Worker extends PollingWorker {
  polls = 0
  readonly #polled = new EventEmitter()
  readonly #answer: (poll: number) => Promise<boolean>

  constructor(
    answer: (poll: number) => Promise<boolean>,
    retry = { first: LONG_MS, most: LONG_MS }
  ) {
    super({ name: 'tests', interval: LONG_MS, retry })
    this.#answer = answer
  }

  /** Resolves when the poll of this number begins. */
  async reached(poll: number) {
    while (this.polls < poll) await once(this.#polled, 'poll')
  }

  protected async poll() {
    this.polls++
    this.#polled.emit('poll')
    return this.#answer(this.polls)
  }
}

/** The failure counts that were logged. */
function recordingLogger() {
  const failures: number[] = []
  const warn = (fields: { failures: number }) => failures.push(fields.failures)
  return { failures, logger: { warn } as never }
}

test.group('Polling worker', () => {
  test('polls again immediately while there is more, then waits for a wake-up', async ({
    assert,
  }) => {
    const worker = new Worker(async (poll) => poll < 3)
    worker.start(recordingLogger())
    await worker.reached(3)
    await new Promise(setImmediate)
    assert.equal(worker.polls, 3)
    worker.wake()
    await worker.reached(4)
    await worker.stop()
    assert.equal(worker.polls, 4)
  })

  test('keeps a wake-up that comes during a poll', async () => {
    const poll = Promise.withResolvers<boolean>()
    const worker = new Worker(() => poll.promise)
    worker.start(recordingLogger())
    worker.wake()
    poll.resolve(false)
    await worker.reached(2)
    await worker.stop()
  })

  test('stops after the current poll', async ({ assert }) => {
    const poll = Promise.withResolvers<boolean>()
    const worker = new Worker(() => poll.promise)
    worker.start(recordingLogger())
    let stopped = false
    const stopping = worker.stop().then(() => (stopped = true))
    await new Promise(setImmediate)
    assert.isFalse(stopped)
    poll.resolve(true)
    await stopping
    assert.equal(worker.polls, 1)
  })

  test('logs the first failure and each doubling, and warns until a poll succeeds', async ({
    assert,
  }) => {
    const recovered = Promise.withResolvers<boolean>()
    const worker = new Worker(
      async (poll) => {
        if (poll <= 5) throw new Error(`failure ${poll}`)
        return recovered.promise
      },
      { first: 1, most: 1 }
    )
    const { logger, failures } = recordingLogger()
    worker.start({ logger })
    await worker.reached(6)
    assert.deepEqual(worker.warnings(), ['tests: failure 5'])
    assert.deepEqual(failures, [1, 2, 4])
    recovered.resolve(false)
    await new Promise(setImmediate)
    assert.isEmpty(worker.warnings())
    await worker.stop()
  })

  test('is not woken between a failure and its retry, and stops immediately', async ({
    assert,
  }) => {
    const worker = new Worker(async () => {
      throw new Error('away')
    })
    worker.start(recordingLogger())
    await new Promise(setImmediate)
    worker.wake()
    await new Promise(setImmediate)
    assert.equal(worker.polls, 1)
    await worker.stop()
  })
})
