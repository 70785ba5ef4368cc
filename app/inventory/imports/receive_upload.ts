/*
 * Stores an uploaded file in the database, in parts, where any process can read it.
 */
import { createHash } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { uuidv7 } from 'uuidv7'
import type { Actor } from '#contracts/actor'
import { Problem } from '#http/problem'
import { run } from '#postgres/run'
import { EncodingDetector, type Encoding } from './file/encoding.ts'
import { notCsv } from './file/file_kind.ts'
import { NOTHING_COUNTED } from './import_record.ts'

/** 64 MB: about two million rows. */
export const MOST_BYTES = 64 * 1024 * 1024
const PART = 256 * 1024

export interface NewImport {
  bytes: AsyncIterable<Buffer>
  /** The file's name. */
  name: string | null
  reference: string | null
  actor: Actor
  accountId: string | null
}

export interface Received {
  id: string
  /** sha256, hexadecimal. */
  hash: string
  bytes: number
}

/**
 * Stores the file. An upload that fails leaves nothing behind.
 *
 * @throws Problem 413 `body_too_large` · 422 `no_csv` · errors of the stream
 */
export async function receiveUpload(file: NewImport): Promise<Received & { encoding: Encoding }> {
  const id = uuidv7()
  const { name, reference, actor, accountId } = file
  await inventory()
    .table('stock_imports')
    .insert({
      ...{ id, source: 'csv', status: 'uploading', name, reference, account_id: accountId },
      ...{ actor: JSON.stringify(actor), counts: JSON.stringify(NOTHING_COUNTED) },
      lease_until: new Date(Date.now() + 60_000),
    })
  try {
    return { id, ...(await storeParts(id, file.bytes)) }
  } catch (error) {
    await deleteUpload(id).catch(() => {})
    throw error
  }
}

async function storeParts(id: string, stream: AsyncIterable<Buffer>) {
  const hash = createHash('sha256')
  const encoding = new EncodingDetector()
  let bytes = 0
  let parts = 0
  let pending: Buffer[] = []
  let size = 0
  const store = async () => {
    if (size === 0) return
    const part = Buffer.concat(pending)
    if (parts === 0) rejectOtherKinds(part)
    await run(inventory(), storePart, [id, parts++, part])
    pending = []
    size = 0
  }
  for await (const piece of stream) {
    bytes += piece.length
    if (bytes > MOST_BYTES) throw tooLarge()
    hash.update(piece)
    encoding.add(piece)
    pending.push(piece)
    size += piece.length
    if (size >= PART) await store()
  }
  await store()
  if (bytes === 0) throw new Problem('no_csv', 'The file is empty. Choose another file.')
  return { hash: hash.digest('hex'), bytes, encoding: encoding.detected() }
}

const storePart = {
  name: 'import_part',
  text: /* sql */ `
    with alive as (
      update stock_imports set lease_until = now() + interval '60 seconds' where id = $1
    )
    insert into stock_import_parts (import_id, part, bytes) values ($1, $2, $3)`,
}

function rejectOtherKinds(start: Buffer) {
  const reason = notCsv(start.subarray(0, 4_096))
  if (reason) throw new Problem('no_csv', reason)
}

export function tooLarge() {
  return new Problem(
    'body_too_large',
    'The file is larger than 64 MB. Split it into smaller files.'
  )
}

/** Deletes an upload that is not complete. */
export async function deleteUpload(id: string) {
  await inventory().from('stock_imports').where({ id, status: 'uploading' }).delete()
}

function inventory() {
  return db.connection('inventory')
}
