/*
 * Test data: people with tokens, products with stock, empty tables.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ApiClient } from '@japa/api-client'
import { createAccount } from '#accounts/sign_in/sign_up'
import { issueToken } from '#accounts/credentials/tokens'
import { customerLimits } from '#config/orders'
import { SYSTEM, type Role } from '#contracts/actor'
import type { Shortage } from '#contracts/messages/fields'
import {
  stockDeducted,
  stockRejected,
  stockReleased,
  stockReserved,
} from '#contracts/messages/inventory'
import { putProduct } from '#inventory/products/put_product'
import { restock } from '#inventory/stock/restock'
import { handleWithin } from '#messaging/inbox/subscription'
import { handleStockReplies } from '#orders/stock_replies/handle_stock_replies'

const KEPT = ['adonis_schema', 'adonis_schema_versions', 'messaging_steps']

/** Empties every table of every module. Only tests may: the ledger itself refuses it. */
export async function emptyShop() {
  await Promise.all(
    ['orders', 'inventory', 'accounts'].map((module) =>
      db.connection(`${module}_owner`).transaction(async (trx) => {
        tables[module] ??= await tablesOf(trx, module)
        await empty(trx, tables[module])
        if (module !== 'accounts') await trx.rawQuery('insert into messaging_state default values')
      })
    )
  )
}

/**
 * Empties tables. To truncate one takes 5 ms, most of it for its indexes, so rows that fit into one page are deleted
 * instead. Within one page the rows of a test still lie in the order of their insertion.
 */
export async function empty(trx: TransactionClientContract, names: string[]) {
  const { rows: used } = await trx.rawQuery<{ rows: { name: string; large: boolean }[] }>(
    names
      .map((name) => {
        const large = `coalesce((select sum(pg_relation_size(relid)) from pg_partition_tree('${name}')), 0)
          + pg_relation_size('${name}') > 8192 or pg_table_size('${name}') > 65536`
        return `select '${name}' as name, ${large} as large where exists (select from ${name})`
      })
      .join(' union all ')
  )
  if (used.length === 0) return
  const [large, small] = [true, false].map((is) =>
    used.filter((table) => table.large === is).map(({ name }) => name)
  )
  await trx.rawQuery(
    [
      'set local session_replication_role = replica',
      // As a truncation does, a deletion must wait for transactions that are still writing.
      `lock table ${used.map(({ name }) => name).join()} in access exclusive mode`,
      ...small.map((name) => `delete from ${name}`),
      ...(large.length > 0 ? [`truncate ${large.join()} cascade`] : []),
    ].join(';')
  )
}

const tables: Record<string, string[]> = {}

async function tablesOf(trx: TransactionClientContract, module: string): Promise<string[]> {
  const { rows } = await trx.rawQuery<{ rows: { name: string }[] }>(
    `select quote_ident(relname) as name from pg_class
     where relnamespace = '${module}'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname <> all (array['${KEPT.join(`','`)}'])`
  )
  return rows.map(({ name }) => name)
}

export interface Person {
  id: string
  email: string | null
  token: string
}

/** An account of this role with an access token. */
export async function person(role: Role, name: string = role): Promise<Person> {
  const email = role === 'service' ? null : `${name}-${randomUUID().slice(0, 8)}@example.com`
  const account = await createAccount({
    email,
    name,
    password: role === 'service' ? null : 'a long password',
    role,
  })
  const { token } = await issueToken(account, 30)
  return { id: account.id, email: account.email, token }
}

/** Creates a product with this many pieces on hand. */
export async function product(sku: string, onHand: number, price = 1_000, currency = 'EUR') {
  await putProduct(sku, { name: `Product ${sku}`, price: { amount: price, currency } }, null)
  if (onHand === 0) return
  await db
    .connection('inventory')
    .transaction((trx) => restock(trx, { sku, quantity: onHand }, SYSTEM))
}

/** Inserts a price into orders' price list directly, without any message. */
export async function priced(sku: string, amount = 1_000, currency = 'EUR', active = true) {
  await db
    .connection('orders')
    .table('price_list')
    .insert({
      sku,
      name: `Product ${sku}`,
      price_amount: amount,
      price_currency: currency,
      active,
      version: 1,
    })
}

/** Removes the limits per customer. @returns restores them */
export function withoutCustomerLimits() {
  const before = { ...customerLimits }
  Object.assign(customerLimits, { lineUnits: null, openOrders: null, heldUnits: null })
  return () => void Object.assign(customerLimits, before)
}

/** POST /orders under a key of its own unless one is given. */
export function post(client: ApiClient, by: Person, body: object, key: string = randomUUID()) {
  return client
    .post('/api/v1/orders')
    .bearerToken(by.token)
    .header('idempotency-key', key)
    .json(body)
}

/** Handles a reply of inventory in orders directly, without any message. */
export async function handleReply(
  orderId: string,
  outcome: 'reserved' | 'rejected' | 'released' | 'deducted',
  data: { revision: number; heldRevision: number | null; shortages?: Shortage[] }
) {
  const message = ANSWERS[outcome].about(orderId, { shortages: [], ...data })
  await db
    .connection('orders')
    .transaction((trx) => handleWithin(trx, handleStockReplies, [message]))
}

const ANSWERS = {
  reserved: stockReserved,
  rejected: stockRejected,
  released: stockReleased,
  deducted: stockDeducted,
}

/** PATCH /orders/:id with the version as If-Match. */
export function patch(client: ApiClient, by: Person, id: string, seen: string, body: object) {
  return client
    .patch(`/api/v1/orders/${id}`)
    .bearerToken(by.token)
    .header('if-match', seen)
    .json(body)
}

export function cancel(client: ApiClient, by: Person, id: string, body: object = {}) {
  return client.post(`/api/v1/orders/${id}/cancellation`).bearerToken(by.token).json(body)
}

export function fulfil(client: ApiClient, by: Person, id: string, body: object) {
  return client.post(`/api/v1/orders/${id}/fulfilment`).bearerToken(by.token).json(body)
}

export function read(client: ApiClient, by: Person, id: string) {
  return client.get(`/api/v1/orders/${id}`).bearerToken(by.token)
}
