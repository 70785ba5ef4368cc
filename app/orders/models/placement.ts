/*
 * Placing an order in one statement: the order, its lines, its first step, its message and its
 * idempotency key commit together after one round trip. It stands beside the model that it replaces;
 * tests/orders/functional/placement.spec.ts holds the two against each other.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { answerTimeout } from '#config/orders'
import { orderPlaced } from '#contracts/orders'
import {
  earlierAnswer,
  inProgress,
  lockText,
  type Answer,
  type IdempotencyScope,
} from '#http/idempotency'
import { keyHash } from '#messaging/partition'
import { outbox } from '#messaging/outbox'
import { run } from '#messaging/sql'
import { stepFeed } from '../live/step_feed.ts'
import type { OrderRecord } from './order.ts'

// The message's id in the outbox is drawn after the order's row is there: it reads `placed`.
const placeOrder = {
  name: 'place_order',
  text: /* sql */ `
    with claim as materialized (
      select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine
    ), placed as (
      insert into orders (id, reference, customer_id, status, revision, email, name, ship_to, currency, placed_at, updated_at,
                          resend_at)
      select $2::uuid, $3, $4::uuid, 'pending', 1, $5, $6, $7::jsonb, $8, $9::timestamptz, $9::timestamptz,
        $9::timestamptz + $30 * interval '1 millisecond'
      from claim where mine
      returning id, number, placed_at
    ), lines as (
      insert into order_lines (order_id, revision, position, sku, name, quantity, unit_price)
      select placed.id, 1, line.position, line.sku, line.name, line.quantity, line.unit_price
      from placed, unnest($10::text[], $11::text[], $12::int[], $13::bigint[])
        with ordinality as line(sku, name, quantity, unit_price, position)
    ), step as (
      insert into timeline_steps (order_id, sequence, at, type, status, revision, actor, message_id)
      select id, 1, placed_at, 'placed', 'pending', 1, $14::jsonb, $15::uuid from placed
    ), message as (
      insert into outbox (message_id, topic, key, key_hash, type, version, data, headers, created_at)
      select $15::uuid, $16, id::text, $17, $18, $19, $20::json, $21::jsonb, placed_at from placed
    ), key as (
      insert into idempotency_keys (account_id, method, path, key, payload_hash, status, headers, body)
      select $22::uuid, $23, $24, $25, $26, $27, $28::jsonb,
             jsonb_set($29::jsonb, '{number}', to_jsonb('Q-' || number))
      from placed
    )
    select 'Q-' || number as number from placed`,
}

/**
 * @param order - its `number` is drawn from the sequence here; the answer's body receives it
 * @returns the answer to give: this one, or the earlier one under the same key
 * @throws Problem 409 `request_in_progress` · 422 `idempotency_key_reused`
 */
export async function insertPlacedOrder(
  client: QueryClientContract,
  order: OrderRecord,
  actor: Actor,
  scope: IdempotencyScope,
  answer: Answer
): Promise<Answer> {
  const message = orderPlaced.about(order.id, {
    revision: order.revision,
    lines: order.lines.map(({ sku, quantity }) => ({ sku, quantity })),
  })
  const [row] = await run<{ number: string }>(client, placeOrder, [
    lockText(scope),
    order.id,
    order.reference,
    order.customerId,
    order.email,
    order.name,
    order.shipTo === null ? null : JSON.stringify(order.shipTo),
    order.currency,
    order.placedAt,
    order.lines.map((line) => line.sku),
    order.lines.map((line) => line.name),
    order.lines.map((line) => line.quantity),
    order.lines.map((line) => line.unitPrice),
    JSON.stringify(actor),
    message.id,
    message.topic,
    keyHash(message.key),
    message.type,
    message.version,
    JSON.stringify(message.data),
    JSON.stringify(message.headers),
    scope.accountId,
    scope.method,
    scope.path,
    scope.key,
    scope.payloadHash,
    answer.status,
    JSON.stringify(answer.headers),
    JSON.stringify(answer.body),
    answerTimeout,
  ]).catch((error) => {
    if (error.constraint === 'idempotency_keys_pkey') return []
    throw error
  })
  if (!row) {
    const earlier = await earlierAnswer(client, scope)
    if (!earlier) throw inProgress()
    return earlier
  }
  outbox.committed(client)
  stepFeed.committed()
  return { ...answer, body: { ...(answer.body as object), number: row.number } }
}
