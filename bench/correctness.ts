/*
 * Verifies every order after each run, because a fast wrong result is worthless.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseUnderTest } from './under_test/database.ts'
import type { Sent } from './load/sent.ts'

const SETTLED_WITHIN_MS = 120_000

type Ace = (...args: string[]) => Promise<{ code: number; printed: string }>

/** The app's own checks. */
const PROOFS = ['messaging:verify', 'inventory:reconcile', 'operations:reconcile']

/** Each counts violations. */
const CHECKS: Record<string, string> = {
  'orders that are not final': `
    select count(*) from orders.orders where status not in ('confirmed', 'rejected')`,
  'messages of orders that are not published': `
    select count(*) from orders.outbox where published_at is null`,
  'messages of inventory that are not published': `
    select count(*) from inventory.outbox where published_at is null`,
  'dead letters': `
    select (select count(*) from orders.dead_letters) + (select count(*) from inventory.dead_letters) as count`,
  'orders that were not confirmed or rejected exactly once': `
    select count(*) from orders.orders
    where (select count(*) from orders.timeline_steps
           where order_id = orders.id and type in ('confirmed', 'rejected')) <> 1`,
  'balances that differ from their movements': `
    select count(*) from inventory.stock_items
    left join (select sku, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
               from inventory.movements group by sku) as ledger using (sku)
    where stock_items.on_hand <> coalesce(ledger.on_hand, 0)
       or stock_items.reserved <> coalesce(ledger.reserved, 0)`,
  'balances that differ from their reservations': `
    select count(*) from inventory.stock_items
    left join (select sku, sum(quantity) as held from inventory.reservations group by sku) as held using (sku)
    where stock_items.reserved <> coalesce(held.held, 0)`,
  'products that are oversold': `
    select count(*) from inventory.stock_items where reserved > on_hand or reserved < 0`,
  'lines that differ from what is held for them': `
    select count(*) from
      (select order_id, sku, sum(quantity) as quantity from orders.order_lines join orders.orders on orders.id = order_id
       where status = 'confirmed' and order_lines.revision = held_revision
       group by order_id, sku) as line
      full join inventory.reservations using (order_id, sku)
    where line.quantity is distinct from reservations.quantity`,
}

const CHECKS_OF_MAILS: Record<string, string> = {
  'orders without exactly one notification': `
    select count(*) from orders.orders
    where (select count(*) from orders.notifications where order_id = orders.id) <> 1`,
  'mails that were given up': `
    select count(*) from orders.notifications where status = 'given_up'`,
}

/** Waits until orders, messages and mails are processed, at most two minutes. */
export async function untilSettled(database: DatabaseUnderTest) {
  const until = Date.now() + SETTLED_WITHIN_MS
  while (Date.now() < until) {
    const [{ open }] = await database.query<{ open: boolean }>(
      `select exists (select from orders.orders where status in ('pending', 'updating'))
         or exists (select from orders.outbox where published_at is null)
         or exists (select from inventory.outbox where published_at is null)
         or exists (select from orders.notifications where status = 'pending') as open`
    )
    if (!open) return
    await sleep(250)
  }
}

/**
 * @param options.mails - whether the app sends mails to customers
 * @returns violations, one line each
 */
export async function findFaults(
  database: DatabaseUnderTest,
  ace: Ace,
  sent: Sent[],
  { mails } = { mails: true }
): Promise<string[]> {
  const faults: string[] = []
  const lost = await countLost(database, sent)
  if (lost > 0) faults.push(`${lost} accepted orders are not there`)
  for (const [what, statement] of Object.entries({
    ...CHECKS,
    ...(mails && CHECKS_OF_MAILS),
  })) {
    const [{ count }] = await database.query<{ count: string }>(statement)
    if (Number(count) > 0) faults.push(`${count} ${what}`)
  }
  for (const proof of await knownProofs(ace)) {
    const { code, printed } = await ace(proof)
    if (code !== 0) faults.push(`node ace ${proof} ends with ${code}:\n${printed.trim()}`)
  }
  return faults
}

/** Messages of both modules that are not published. */
export async function pendingMessages(database: DatabaseUnderTest): Promise<number> {
  const [{ count }] = await database.query<{ count: number }>(
    `select (select count(*)::int from orders.outbox where published_at is null)
       + (select count(*)::int from inventory.outbox where published_at is null) as count`
  )
  return count
}

async function countLost(database: DatabaseUnderTest, sent: Sent[]): Promise<number> {
  const ids = sent.flatMap(({ orderId }) => orderId ?? [])
  const [{ lost }] = await database.query<{ lost: number }>(
    `select count(*)::int as lost from unnest($1::uuid[]) as accepted(id)
     where not exists (select from orders.orders where orders.id = accepted.id)`,
    [ids]
  )
  return lost
}

/** Older releases lack some of the commands; the checks above replace them. */
async function knownProofs(ace: Ace): Promise<string[]> {
  const { printed } = await ace('list', '--json')
  const missing = PROOFS.filter((proof) => !printed.includes(`"${proof}"`))
  if (missing.length > 0) console.error(`… this app has no ${missing.join(', ')}: SQL checks only`)
  return PROOFS.filter((proof) => !missing.includes(proof))
}
