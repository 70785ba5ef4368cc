/*
 * Rows inserted into an outbox directly, without the app.
 */
import { uuidv7 } from 'uuidv7'
import { keyHash } from '#messaging/message/partition'
import type { Module } from '../shop.ts'

export interface OutboxRow {
  topic: Module
  key: string
  type: string
  data: object
  headers?: Record<string, string>
}

/** An insert with `valuesOf` as parameters. */
export const insertInto = (module: Module) => /* sql */ `
  insert into ${module}.outbox (message_id, topic, key, key_hash, type, version, data, headers)
  values ($1, $2, $3, $4, $5, 1, $6, $7)`

export function valuesOf({ topic, key, type, data, headers = {} }: OutboxRow) {
  return [uuidv7(), topic, key, keyHash(key), type, JSON.stringify(data), JSON.stringify(headers)]
}

export function productListed(sku: string): OutboxRow {
  const price = { amount: 1_000, currency: 'EUR' }
  const data = { sku, name: sku, price, active: true, version: 1 }
  return { topic: 'inventory', key: sku, type: 'product_listed', data }
}
