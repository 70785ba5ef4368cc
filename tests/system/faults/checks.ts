/*
 * What must be true when a fault is over and no order is in progress.
 */
import { ace } from '#tests/support/processes/app_process'
import { BROKEN, UNSETTLED } from '#tests/support/processes/busy_shop'
import { eventually } from '#tests/support/eventually'
import type { Load } from './load.ts'
import { observe } from './observer.ts'
import type { Shop } from './shop.ts'

const PROOFS = [
  ['messaging:verify', '--older-than=0s', '--json'],
  ['inventory:reconcile', '--json'],
  ['operations:reconcile', '--json'],
]

const TWICE: [what: string, sql: string][] = [
  [
    'a message moved stock twice',
    `select message_id from inventory.movements where message_id is not null
     group by message_id, sku, kind having count(*) > 1`,
  ],
  [
    'a reply made two steps of an order',
    `select message_id from orders.timeline_steps where message_id is not null
     group by message_id having count(*) > 1`,
  ],
  [
    'an order is confirmed or rejected twice',
    `select order_id from orders.timeline_steps where type in ('confirmed', 'rejected')
     group by order_id having count(*) > 1`,
  ],
]

/** Waits until no order is in progress and every message is published. @throws Error when they are not */
export async function waitUntilIdle(shop: Shop, within = 60_000) {
  await eventually(
    'no order is in progress, and every message is published',
    async () => {
      const moving = await shop
        .query(
          `${UNSETTLED} union all select gen_random_uuid() from orders.outbox where published_at is null
           union all select gen_random_uuid() from inventory.outbox where published_at is null limit 1`
        )
        .catch(() => null)
      return moving?.length === 0
    },
    { within, every: 250 }
  )
}

/** @returns violations, in words, and the number of repeated records in the topics */
export async function check(shop: Shop, load: Load) {
  const [seen, ...findings] = await Promise.all([
    observe(shop),
    lost(shop, load),
    broken(shop),
    proven(shop),
  ])
  return { repeats: seen.repeats, findings: [...load.wrong, ...seen.findings, ...findings.flat()] }
}

async function lost(shop: Shop, load: Load) {
  const ids = load.accepted.map(({ id }) => id)
  const gone = await shop.query<{ id: string }>(
    `select id from unnest($1::uuid[]) as accepted (id)
     where not exists (select from orders.orders where orders.id = accepted.id)`,
    [ids]
  )
  const twice = ids.length - new Set(ids).size
  return [
    ...gone.map(({ id }) => `order ${id} was accepted and is lost`),
    ...(twice ? [`${twice} orders were accepted twice`] : []),
  ]
}

async function broken(shop: Shop) {
  const findings: string[] = []
  for (const [what, sql] of [...BROKEN, ...TWICE]) {
    const rows = await shop.query(sql)
    if (rows.length > 0) findings.push(`${what} (${rows.length}): ${JSON.stringify(rows[0])}`)
  }
  return findings
}

async function proven(shop: Shop) {
  const findings: string[] = []
  for (const proof of PROOFS) {
    const { code, stdout, stderr } = await ace(shop.apps[0].env, ...proof)
    if (code !== 0)
      findings.push(`${proof[0]} ends with ${code}: ${(stdout + stderr).slice(0, 500)}`)
  }
  return findings
}
