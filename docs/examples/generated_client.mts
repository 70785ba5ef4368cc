/*
 * Places, changes and cancels an order with the types that openapi-typescript generates from /openapi.json.
 *
 *   npm install openapi-fetch openapi-typescript
 *   npx openapi-typescript http://127.0.0.1:3333/openapi.json --output quartermaster.d.ts
 *   node generated_client.mts http://127.0.0.1:3333 <access token> <SKU>
 */
import { randomUUID } from 'node:crypto'
import createClient from 'openapi-fetch'
import type { components, paths } from './quartermaster.d.ts'

type Order = components['schemas']['Order']
type LineInput = components['schemas']['LineInput']

const [baseUrl, token, sku] = process.argv.slice(2) as [string, string, string]
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } })
const lines = (quantity: number): LineInput[] => [{ sku, quantity }]

const placed = await client.POST('/api/v1/orders', {
  params: { header: { 'Idempotency-Key': randomUUID() } },
  body: { lines: lines(2), reference: 'generated' },
})
if (placed.error) throw new Error(`${placed.error.code}: ${placed.error.detail}`)
const order: Order = placed.data

/** @param version - the ETag that the change is based on */
const change = (quantity: number, version: string) =>
  client.PATCH('/api/v1/orders/{id}', {
    params: { path: { id: order.id }, header: { 'If-Match': version } },
    body: { lines: lines(quantity) },
  })
const version = placed.response.headers.get('ETag')!
const changed = await change(3, version)
if (changed.error) throw new Error(`${changed.error.code}: ${changed.error.detail}`)

// Another change of the version that the first change replaced.
const stale = await change(4, version)
if (stale.error?.code !== 'version_moved') throw new Error('The stale change was not refused')

const cancelled = await client.POST('/api/v1/orders/{id}/cancellation', {
  params: { path: { id: order.id } },
  body: { reason: 'Ordered twice' },
})
if (cancelled.error) throw new Error(`${cancelled.error.code}: ${cancelled.error.detail}`)
const { number, status, cancelReason } = cancelled.data
console.log(number, status satisfies components['schemas']['OrderStatus'], cancelReason)
