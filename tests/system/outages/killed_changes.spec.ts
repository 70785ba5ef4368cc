/*
 * kill -9 between any two steps of a change, a cancellation and a fulfilment. The same orders pass through
 * every crash.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import { brokers } from '#tests/support/kafka/broker'
import { eventually } from '#tests/support/eventually'
import { AppProcess, endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const entry = 'tests/support/processes/crashing_server.ts'
/** Orders that go the same way. */
const EACH = 5

const plenty = (quantity: number) => [{ sku: 'PLENTY', quantity }]
const moreThanThereIs = [{ sku: 'SCARCE', quantity: 6 }]

type Request = [method: 'PATCH' | 'POST', path: string, body: object]
const change = (lines: object): Request => ['PATCH', '', { lines }]
const cancel: Request = ['POST', '/cancellation', { reason: 'changed my mind' }]
const fulfil: Request = ['POST', '/fulfilment', { revision: 1 }]

interface Way {
  /** Accepted one after the other; the order holds one piece of plenty before. */
  requests: Request[]
  /** Status, revision, revision held (null once stock is released or deducted), pieces. */
  end: [status: string, revision: number, heldRevision: number | null, pieces: number]
  /** The mail besides the confirmation. */
  mail: string
}

const WAYS: Way[] = [
  { requests: [change(plenty(3))], end: ['confirmed', 2, 2, 3], mail: 'change_accepted' },
  { requests: [change(moreThanThereIs)], end: ['confirmed', 2, 1, 1], mail: 'change_declined' },
  {
    requests: [change(plenty(2)), change(plenty(4))],
    end: ['confirmed', 3, 3, 4],
    mail: 'change_accepted',
  },
  {
    requests: [change(plenty(5)), cancel],
    end: ['cancelled', 3, null, 5],
    mail: 'order_cancelled',
  },
  { requests: [cancel], end: ['cancelled', 2, null, 1], mail: 'order_cancelled' },
  { requests: [fulfil], end: ['fulfilled', 2, null, 1], mail: 'order_fulfilled' },
]
const RESERVED = (3 + 1 + 4) * EACH

const POINTS = [
  ['after-publish', 'inventory', 'once some are published, before they are marked'],
  ['after-hold', 'inventory', 'once inventory has moved stock, before the transport knows of it'],
  ['after-settlement', '', 'once orders has heard of it, before the transport knows of that'],
]

interface Counter {
  shop: ShopProcess
  /** The orders of each way. */
  ids: string[][]
}

const kafka = await brokers()
const transports = kafka ? ['embedded', 'kafka'] : ['embedded']

test.group(`Changes, cancellations and fulfilments on ${transports.join(' and on ')}`, (group) => {
  let counters: Counter[] = []

  group.setup(async () => {
    counters = await Promise.all(transports.map(open))
    return async () => {
      for (const { shop } of counters) await shop.close()
      await endApps()
    }
  })

  test('survive kill -9 after the first response, and after all responses before any publish', ({
    assert,
  }) =>
    atEach(async ({ shop, ids }) => {
      await shop.app.kill('SIGTERM')
      await shop.start({ entry, env: { SILENT: 'orders' } })
      const { app } = shop
      const asking = WAYS.map(({ requests }, way) =>
        ids[way].map((id) => ask(shop, id, requests, () => app.kill('SIGKILL')))
      )
      await app.exited
      await shop.start({ entry, env: { SILENT: 'orders' } })
      await Promise.all(asking.flat())
      await shop.app.kill('SIGKILL')

      const [{ n }] = await shop.query<{ n: number }>(
        'select count(*)::int as n from orders.outbox where published_at is null'
      )
      assert.equal(n, EACH * WAYS.flatMap(({ requests }) => requests).length)
    }))

  for (const [point, silent, when] of POINTS) {
    test(`survive kill -9 ${when}`, ({ assert }) =>
      atEach(async ({ shop }) => {
        const env = { ...shop.options.env, DIE_AT: point, SILENT: silent }
        const app = await AppProcess.launch({ ...shop.options, entry, env })
        assert.deepEqual(await app.exited, { code: null, signal: 'SIGKILL' }, app.printed)
      }))
  }

  test('end as they were accepted, each once', ({ assert }) =>
    atEach(async ({ shop, ids }) => {
      await shop.start()
      await eventually('every order is at rest', async () => {
        const waiting = await shop.query('select from orders.orders where resend_at is not null')
        return waiting.length === 0
      })
      for (const [way, { end, mail }] of WAYS.entries()) {
        for (const id of ids[way]) {
          const { body } = await shop.app.get(`/api/v1/orders/${id}`, shop.token)
          const { status, revision, heldRevision, lines, requestedLines, attention } = body
          assert.deepEqual([status, revision, heldRevision, lines[0].quantity], end)
          assert.deepEqual([lines.length, lines[0].sku], [1, 'PLENTY'])
          assert.deepEqual([requestedLines, attention], [null, false])
          assert.deepEqual(await mails(shop, id), ['order_confirmed 1', `${mail} ${end[1]}`])
        }
      }
      const { body } = await shop.app.get('/api/v1/stock/PLENTY', shop.token)
      assert.deepInclude(body, { onHand: 1_000 - EACH, reserved: RESERVED })
    }))

  test('leave every proof clean', ({ assert }) =>
    atEach(async ({ shop }) => {
      assert.equal(await shop.deadLetters(), 0)
      await shop.assertProven(assert)
    }))

  /** At the same time: a shop on Kafka waits for its dead member's session to end, most of the time. */
  async function atEach(work: (counter: Counter) => Promise<void>) {
    const outcomes = await Promise.allSettled(counters.map(work))
    for (const [place, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue
      outcome.reason.message = `on ${transports[place]}: ${outcome.reason.message}`
      throw outcome.reason
    }
  }
})

/** A shop with confirmed orders. */
async function open(transport: string): Promise<Counter> {
  const topicPrefix = `c${randomBytes(4).toString('hex')}.`
  const shop = await ShopProcess.open(
    transport === 'kafka' ? { kafka: { brokers: kafka!.join(), topicPrefix } } : {}
  )
  const place = async () => {
    const answer = await shop.app.post('/api/v1/orders', shop.token, { lines: plenty(1) })
    if (answer.status !== 202) throw new Error(answer.text)
    return answer.body.id as string
  }
  const ids = await Promise.all(WAYS.map(() => Promise.all(Array.from({ length: EACH }, place))))
  await eventually('all are confirmed', async () => {
    const confirmed = await shop.query(`select from orders.orders where status = 'confirmed'`)
    return confirmed.length === EACH * WAYS.length
  })
  return { shop, ids }
}

/** Sends requests one after the other, and retries each until it has a response. */
async function ask(shop: ShopProcess, id: string, requests: Request[], onAnswer: () => void) {
  for (const [method, path, body] of requests) {
    const headers = { 'if-match': '*', 'idempotency-key': randomUUID() }
    await eventually(
      `${method} ${path} is answered`,
      async () => {
        const { app, token } = shop
        const url = `/api/v1/orders/${id}${path}`
        const answer = await app.request(method, url, { token, body, headers }).catch(() => null)
        // 503: it stops or starts; 409: the first try is in progress.
        if (!answer || answer.status === 503) return null
        if (answer.body?.code === 'request_in_progress') return null
        if (answer.status >= 300) throw new Error(answer.text)
        return true
      },
      { every: 100 }
    )
    onAnswer()
  }
}

/** The customer's mails with their revisions. */
async function mails(shop: ShopProcess, id: string): Promise<string[]> {
  const told = await shop.query<{ kind: string; revision: number }>(
    `select kind, revision from orders.notifications where order_id = '${id}' order by revision`
  )
  return told.map(({ kind, revision }) => `${kind} ${revision}`)
}
