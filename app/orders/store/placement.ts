/*
 * Placing orders in one statement: the orders, their lines, first steps, messages and idempotency keys commit
 * together after one round trip (docs/decisions/0006-one-statement-placement.md).
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { actorOf, type SignedIn } from '#contracts/actor'
import { replyTimeout } from '#config/orders'
import { lockText, type StoredResponse, type IdempotencyScope } from '#http/idempotency'
import type { Message } from '#messaging/message/message'
import { outbox } from '#messaging/outbox/outbox'
import { run } from '#postgres/run'
import { countUnits } from '../order_lines.ts'
import type { OrderRecord } from './order.ts'
import { stepsCommitted } from './timeline.ts'

// A message is made before its order has a number.
const NUMBERED = `(left(data::text, -1) || ',"number":"Q-' || number || '"}')::json`

// One JSON document instead of arrays of every column: a member has the name of its column. The key is stored first:
// `on conflict` sees every committed key, and no plan depends on the size of the table.
const placeOrders = {
  name: 'place_orders',
  text: /* sql */ `
    with asked as materialized (
      select *, pg_try_advisory_xact_lock(hashtextextended(lock, 0)) as mine
      from json_to_recordset($1) as asked(
        lock text, id uuid, reference text, customer_id uuid, email text, name text, ship_to jsonb, currency text,
        placed_at timestamptz, lines json, actor jsonb, message_id uuid,
        account_id uuid, method text, path text, key text, payload_hash text, status int, headers jsonb, body jsonb,
        max_orders bigint, units bigint, max_units bigint)
    ), counted as materialized (
      select *, case when max_orders is not null then customer_load(customer_id, null) end as load
      from asked where mine
    ), numbered as materialized (
      select *, nextval('order_numbers') as number
      from counted
      where load is null or (load[1] < max_orders and load[2] + units <= max_units)
    ), keys as (
      insert into idempotency_keys (account_id, method, path, key, payload_hash, status, headers, body)
      select account_id, method, path, key, payload_hash, status, headers,
        jsonb_set(body, '{number}', to_jsonb('Q-' || number))
      from numbered
      on conflict do nothing
      returning account_id, method, path, key
    ), placed as (
      insert into orders (id, number, reference, customer_id, status, revision, email, name, ship_to, currency, placed_at, updated_at,
                          resend_at)
      select id, number, reference, customer_id, 'pending', 1, email, name, ship_to, currency, placed_at, placed_at,
        placed_at + $2 * interval '1 millisecond'
      from numbered join keys using (account_id, method, path, key)
      returning id, number, id::text as key
    ), lines as (
      insert into order_lines (order_id, revision, position, sku, name, quantity, unit_price)
      select id, 1, line.position, line.sku, line.name, line.quantity, line.unit_price
      from placed join asked using (id), rows from (
        json_to_recordset(lines) as (sku text, name text, quantity int, "unitPrice" bigint)
      ) with ordinality as line(sku, name, quantity, unit_price, position)
    ), steps as (
      insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id)
      select id, 1, placed_at, 'placed', 'pending', 1, actor, message_id from placed join asked using (id)
    ), ${outbox.cte('messages', { after: 'placed', parameter: 3, data: NUMBERED })}
    select id, load[1]::float8 as "openOrders", load[2]::float8 as units, 'Q-' || placed.number as number
    from counted left join placed using (id)
    where placed.id is not null or not exists (select from numbered where numbered.id = counted.id)`,
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

/** An order to place. */
export interface OrderToPlace {
  order: OrderRecord
  account: SignedIn
  /** The customer's limits; null to skip the count of open orders. */
  limits: LoadLimits | null
  scope: IdempotencyScope
  /** Stored under the key, with the number of the order in its body. */
  response: StoredResponse
  /** `order_placed`, made in the request, so that it carries its trace. */
  message: Message<unknown>
}

export interface PlacedOrder extends CustomerLoad {
  /** The number of the order; null if it was not placed because it would exceed a limit. */
  number: string | null
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER

/**
 * Places orders with different keys, all or none. An order with limits must be alone: the count of its customer's
 * orders does not see the others, and holds the customer's lock.
 *
 * @returns for each order its result; null if its key is taken, by a request in progress or an earlier one
 */
export async function insertOrders(
  client: QueryClientContract,
  orders: OrderToPlace[]
): Promise<(PlacedOrder | null)[]> {
  const rows = await run<PlacedOrder & { id: string }>(client, placeOrders, [
    JSON.stringify(orders.map(parametersOf)),
    replyTimeout,
    ...outbox.values(orders.map(({ message }) => message)),
  ])
  if (rows.some(({ number }) => number !== null)) {
    outbox.wakeRelay(client)
    stepsCommitted()
  }
  const results = new Map(rows.map((row) => [row.id, row]))
  return orders.map(({ order }) => results.get(order.id) ?? null)
}

/** The members that `placeOrders` reads. */
function parametersOf({ order, account, limits, scope, response, message }: OrderToPlace) {
  return {
    lock: lockText(scope),
    id: order.id,
    reference: order.reference,
    customer_id: order.customerId,
    email: order.email,
    name: order.name,
    ship_to: order.shipTo,
    currency: order.currency,
    placed_at: order.placedAt,
    lines: order.lines,
    actor: actorOf(account),
    message_id: message.id,
    account_id: scope.accountId,
    method: scope.method,
    path: scope.path,
    key: scope.key,
    payload_hash: scope.payloadHash,
    ...response,
    ...(limits && {
      max_orders: limits.openOrders ?? NO_LIMIT,
      units: countUnits(order.lines),
      max_units: limits.heldUnits ?? NO_LIMIT,
    }),
  }
}
