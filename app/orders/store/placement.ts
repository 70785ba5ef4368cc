/*
 * Placing an order in one statement: the order, its lines, its first step, its message and its idempotency
 * key commit together after one round trip (docs/decisions/0006-one-statement-placement.md).
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { actorOf, type SignedIn } from '#contracts/actor'
import { replyTimeout } from '#config/orders'
import { lockText, type StoredResponse, type IdempotencyScope } from '#http/idempotency'
import { outbox } from '#messaging/outbox/outbox'
import { run } from '#postgres/run'
import { countUnits } from '../order_lines.ts'
import { columnsOf } from './columns_of.ts'
import type { OrderRecord } from './order.ts'
import { targetMessage } from './target.ts'
import { stepsCommitted } from './timeline.ts'

const placeOrder = {
  name: 'place_order',
  text: /* sql */ `
    with claim as materialized (
      select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine
    ), load as materialized (
      select mine, case when mine and $25 then customer_load($4::uuid, null) end as counted from claim
    ), placed as (
      insert into orders (id, reference, customer_id, status, revision, email, name, ship_to, currency, placed_at, updated_at,
                          resend_at)
      select $2::uuid, $3, $4::uuid, 'pending', 1, $5, $6, $7::jsonb, $8, $9::timestamptz, $9::timestamptz,
        $9::timestamptz + $24 * interval '1 millisecond'
      from load
      where mine and (counted is null or (counted[1] < $26 and counted[2] + $27 <= $28))
      returning id, number, placed_at
    ), lines as (
      insert into order_lines (order_id, revision, position, sku, name, quantity, unit_price)
      select placed.id, 1, line.position, line.sku, line.name, line.quantity, line.unit_price
      from placed, unnest($10::text[], $11::text[], $12::int[], $13::bigint[])
        with ordinality as line(sku, name, quantity, unit_price, position)
    ), step as (
      insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id)
      select id, 1, placed_at, 'placed', 'pending', 1, $14::jsonb, $15::uuid from placed
    ), ${outbox.cte('message', { after: 'placed', parameter: 29 })}, key as (
      insert into idempotency_keys (account_id, method, path, key, payload_hash, status, headers, body)
      select $16::uuid, $17, $18, $19, $20, $21, $22::jsonb,
             jsonb_set($23::jsonb, '{number}', to_jsonb('Q-' || number))
      from placed
    )
    select counted[1]::float8 as "openOrders", counted[2]::float8 as units,
      (select 'Q-' || number from placed) as number from load where mine`,
}

/** The open orders of a customer, and the units they hold or ask for. */
export interface CustomerLoad {
  openOrders: number
  units: number
}

/** Limits on the load of a customer; null for no limit. */
export interface LoadLimits {
  openOrders: number | null
  heldUnits: number | null
}

interface Placed extends CustomerLoad, Record<string, unknown> {
  /** The number of the order; null if it was not placed because it would exceed a limit. */
  number: string | null
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER

/**
 * @param load - the customer's limits; null to skip the count of open orders
 * @param response - stored under the key, with the number of the order in its body
 * @returns null if the key is taken, by a request in progress or an earlier one
 */
export async function insertPlacedOrder(
  client: QueryClientContract,
  order: OrderRecord,
  account: SignedIn,
  load: LoadLimits | null,
  scope: IdempotencyScope,
  response: StoredResponse
): Promise<Placed | null> {
  const message = targetMessage(order, order.lines)
  const [placed] = await run<Placed>(client, placeOrder, [
    lockText(scope),
    order.id,
    order.reference,
    order.customerId,
    order.email,
    order.name,
    order.shipTo === null ? null : JSON.stringify(order.shipTo),
    order.currency,
    order.placedAt,
    ...columnsOf(order.lines, ['sku', 'name', 'quantity', 'unitPrice']),
    JSON.stringify(actorOf(account)),
    message.id,
    scope.accountId,
    scope.method,
    scope.path,
    scope.key,
    scope.payloadHash,
    response.status,
    JSON.stringify(response.headers),
    JSON.stringify(response.body),
    replyTimeout,
    load !== null,
    load?.openOrders ?? NO_LIMIT,
    countUnits(order.lines),
    load?.heldUnits ?? NO_LIMIT,
    ...outbox.values([{ ...message, time: order.placedAt }]),
  ]).catch((error) => {
    if (error.constraint === 'idempotency_keys_pkey') return []
    throw error
  })
  if (!placed) return null
  if (placed.number !== null) {
    outbox.wakeRelay(client)
    stepsCommitted()
  }
  return placed
}
