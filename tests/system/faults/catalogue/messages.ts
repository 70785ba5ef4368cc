import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '#tests/support/eventually'
import type { Fault } from '../fault.ts'
import { insertInto, productListed, valuesOf } from './outbox_rows.ts'
import { SKUS, type Shop } from '../shop.ts'

/** An order of all of these is a message of about 9 KB. */
const LONG_SKUS = Array.from({ length: 100 }, (_, n) => `${'LONG-'.repeat(12)}${n}`)

const tooLarge: Fault = {
  name: 'a message too large for the broker',
  how: 'the topic accepts 8 KB; twenty orders of 100 lines are larger. Then the limit is raised: outbox:unpark',
  expected: 'the keys of the twenty are parked, everything else flows',
  recoversMeanwhile: true,
  async prepare(_, shop) {
    await shop.list(LONG_SKUS)
  },
  async inject({ testBed, shop, begins, ends }) {
    const ids: string[] = []
    await largestMessage(testBed, shop, 8_192)
    begins()
    for (let n = 0; n < 20; n++) ids.push(await placeLarge(shop))
    await eventually('their keys are parked', async () => {
      const parked = await shop.query('select from orders.parked_keys where key = any ($1)', [ids])
      return parked.length === ids.length
    })
    await sleep(3_000)
    await largestMessage(testBed, shop, 1_048_588)
    ends()
    await shop.ace('outbox:unpark', '--all', '--yes', '--why=the limit of the topic was raised')
  },
}

/** The order whose messages wait behind the poison message. */
let poisoned: string | undefined

const poison: Fault = {
  name: 'a poison message in the middle of a batch of 500',
  how: 'the brokers hang until 500 messages wait; one of them is invalid, and its order is changed afterwards; an operator discards it at the end',
  expected: 'one dead letter; later messages of that order wait, all others flow',
  explained: (orderId) => orderId === poisoned,
  async inject({ testBed, shop, load, begins, ends }) {
    for (const proxy of testBed.brokerProxies) proxy.hang()
    begins()
    const waiting = async (count: number) =>
      eventually(`${count} messages wait`, async () => {
        const rows = await shop.query('select from orders.outbox where published_at is null')
        return rows.length >= count
      })
    await waiting(250)
    const { id } = load.accepted.at(-1)!
    const message = { key: id, type: 'order_revised', data: { revision: 'none' } }
    await shop.query(insertInto('orders'), valuesOf({ ...message, topic: 'orders' }))
    poisoned = id
    await change(shop, id)
    await waiting(500)
    testBed.restoreNetwork()
    ends()
    await eventually(
      'the invalid message is a dead letter, and the change waits behind it',
      async () => {
        const letters = await shop.query<{ reason: string }>(
          'select reason from inventory.dead_letters where key = $1 order by reason',
          [id]
        )
        return (
          letters.length > 1 && letters.filter(({ reason }) => reason === 'failed').length === 1
        )
      }
    )
    const others = await shop.query('select from inventory.dead_letters where key <> $1', [id])
    if (others.length > 0)
      throw new Error(`${others.length} messages of other keys were dead-lettered`)
  },
  async repair(_, shop) {
    const [{ id }] = await shop.query<{ id: string }>(
      `select id from inventory.dead_letters where reason = 'failed'`
    )
    await shop.ace('deadletters:discard', `--id=${id}`, '--yes', '--why=invalid')
    const left = await shop.query('select from inventory.dead_letters')
    if (left.length > 0) await shop.ace('deadletters:redrive', '--all', '--yes')
  },
}

const deadly: Fault = {
  name: 'a message that kills the process',
  how: 'SIGKILL to the process that handles it, inside its transaction; each process is restarted',
  expected: 'it is dead-lettered automatically, and orders flow again',
  instant: true,
  async inject({ shop, begins }) {
    begins()
    const message = { ...productListed('DEADLY'), headers: { deadly: 'yes' } }
    await shop.query(insertInto('inventory'), valuesOf(message))
    let over = false
    const supervisor = supervise(shop, () => over)
    await eventually(
      'it is a dead letter',
      async () => {
        const letters = await shop
          .query(`select from orders.dead_letters where key = 'DEADLY' and reason = 'failed'`)
          .catch(() => [])
        return letters.length === 1
      },
      { within: 90_000, every: 200 }
    ).finally(() => (over = true))
    await supervisor
  },
  async repair(_, shop) {
    await shop.ace('deadletters:discard', '--key=DEADLY', '--yes', '--why=it kills the process')
  },
}

export const messages: Fault[] = [tooLarge, poison, deadly]

/** Restarts every process that ended, as a supervisor does. */
async function supervise(shop: Shop, over: () => boolean) {
  while (!over()) {
    const dead = shop.apps.filter(({ end }) => end)
    await Promise.all(dead.map((app) => shop.replace(app).catch(() => {})))
    await sleep(100)
  }
  for (const app of shop.apps.filter(({ end }) => end)) await shop.replace(app)
}

async function largestMessage(testBed: Shop['testBed'], shop: Shop, bytes: number) {
  const admin = testBed.kafkaClient().admin()
  await admin.connect()
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }]
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: shop.topic('orders'), configEntries }],
  })
  await admin.disconnect()
}

async function placeLarge(shop: Shop): Promise<string> {
  const lines = LONG_SKUS.map((sku) => ({ sku, quantity: 1 }))
  const [app] = shop.apps
  const { status, body, text } = await app.post(
    '/api/v1/orders',
    shop.token,
    { lines },
    randomUUID()
  )
  if (status !== 202) throw new Error(`a large order: ${status} ${text}`)
  return body.id
}

async function change(shop: Shop, id: string) {
  const { status, text } = await shop.apps[0].request('PATCH', `/api/v1/orders/${id}`, {
    token: shop.token,
    body: { lines: [{ sku: SKUS[1], quantity: 1 }] },
    headers: { 'idempotency-key': randomUUID(), 'if-match': '*' },
  })
  if (status !== 202) throw new Error(`the change: ${status} ${text}`)
}
