/*
 * Stock imports: uploads files, and runs the import's work directly instead of waiting for a worker.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { workOn } from '#inventory/imports/import_worker'
import type { Person } from '#tests/support/shop'

const inventory = () => db.connection('inventory')

/** Text in UTF-8, or bytes as they are. */
export type File = string | Buffer

const api = `http://${process.env.HOST}:${process.env.PORT}/api/v1/stock/imports`

/** POST /stock/imports, as a program sends it. */
export async function upload(by: Person, file: File, headers: Record<string, string> = {}) {
  const answer = await fetch(api, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${by.token}`, 'content-type': 'text/csv', ...headers },
    body: Buffer.from(file as string),
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any }
}

/** Runs the pending step of an import, as a worker does. */
export async function runImport(id: string) {
  await workOn(id, randomUUID(), new AbortController().signal)
}

/** Sends a file and waits for its dry run. @returns the import as the API shows it */
export async function dryRun(client: ApiClient, by: Person, file: File) {
  const { status, body } = await upload(by, file)
  if (status !== 202) throw new Error(`The file was refused: ${JSON.stringify(body)}`)
  await runImport(body.id)
  return readImport(client, by, body.id)
}

/** Requests that an import is applied or reversed; `runImport` does the work. */
export async function requestImport(
  client: ApiClient,
  by: Person,
  id: string,
  verb: 'application' | 'reversal' = 'application'
) {
  return client.post(`/api/v1/stock/imports/${id}/${verb}`).bearerToken(by.token)
}

export async function apply(client: ApiClient, by: Person, id: string) {
  const told = await requestImport(client, by, id)
  told.assertStatus(202)
  await runImport(id)
  return readImport(client, by, id)
}

export async function undo(client: ApiClient, by: Person, id: string) {
  const told = await requestImport(client, by, id, 'reversal')
  told.assertStatus(202)
  await runImport(id)
  return readImport(client, by, id)
}

export async function readImport(client: ApiClient, by: Person, id: string) {
  const answer = await client.get(`/api/v1/stock/imports/${id}`).bearerToken(by.token)
  answer.assertStatus(200)
  return answer.body()
}

export async function rowsOf(client: ApiClient, by: Person, id: string, query = '') {
  const answer = await client.get(`/api/v1/stock/imports/${id}/rows${query}`).bearerToken(by.token)
  answer.assertStatus(200)
  return answer.body().data
}

/** SKU → pieces on hand. */
export async function onHand(): Promise<Record<string, number>> {
  const items = await inventory().from('stock_items').select('sku', 'on_hand').orderBy('sku')
  return Object.fromEntries(items.map((item) => [item.sku, item.on_hand]))
}
