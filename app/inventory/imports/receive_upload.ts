/*
 * A file on its way in: it goes into the database piece by piece, to be read by whichever process is free.
 */
import { createHash } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { uuidv7 } from 'uuidv7'
import type { Actor } from '#contracts/actor'
import { Problem } from '#http/problem'
import { run } from '#messaging/sql'
import type { Encoding } from './csv_rows.ts'
import { noCsv } from './file_kind.ts'
import { NOTHING_COUNTED } from './import_record.ts'

/** 64 MB: about two million rows. */
export const MOST_BYTES = 64 * 1024 * 1024
const PART = 256 * 1024

export interface NewImport {
  bytes: AsyncIterable<Buffer>
  /** Of the file. */
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
 * Stores the file; nothing of it stays when it breaks off.
 *
 * @throws Problem 413 `body_too_large` · 422 `no_csv`, and what the stream throws
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
    await forgetUpload(id).catch(() => {})
    throw error
  }
}

async function storeParts(id: string, stream: AsyncIterable<Buffer>) {
  const hash = createHash('sha256')
  const encoding = new EncodingOf()
  let bytes = 0
  let parts = 0
  let waiting: Buffer[] = []
  let size = 0
  const store = async () => {
    if (size === 0) return
    const part = Buffer.concat(waiting)
    if (parts === 0) refuseOtherKinds(part)
    await run(inventory(), storePart, [id, parts++, part])
    waiting = []
    size = 0
  }
  for await (const piece of stream) {
    bytes += piece.length
    if (bytes > MOST_BYTES) throw tooLarge()
    hash.update(piece)
    encoding.see(piece)
    waiting.push(piece)
    size += piece.length
    if (size >= PART) await store()
  }
  await store()
  if (bytes === 0) throw new Problem(422, 'no_csv', 'There is nothing in the file. Choose a file.')
  return { hash: hash.digest('hex'), bytes, encoding: encoding.found() }
}

const storePart = {
  name: 'import_part',
  text: /* sql */ `
    with alive as (
      update stock_imports set lease_until = now() + interval '60 seconds' where id = $1
    )
    insert into stock_import_parts (import_id, part, bytes) values ($1, $2, $3)`,
}

function refuseOtherKinds(start: Buffer) {
  const what = noCsv(start.subarray(0, 4_096))
  if (what) throw new Problem(422, 'no_csv', what)
}

export function tooLarge() {
  return new Problem(413, 'body_too_large', 'The file is larger than 64 MB. Split it.')
}

/** UTF-8, unless a single byte says that it cannot be: then all of it is Windows-1252. */
class EncodingOf {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #utf8 = true

  see(piece: Buffer) {
    if (!this.#utf8) return
    try {
      this.#decoder.decode(piece, { stream: true })
    } catch {
      this.#utf8 = false
    }
  }

  found(): Encoding {
    try {
      if (this.#utf8) this.#decoder.decode()
    } catch {
      this.#utf8 = false
    }
    return this.#utf8 ? 'utf-8' : 'windows-1252'
  }
}

/** An upload that ended before its end. */
export async function forgetUpload(id: string) {
  await inventory().from('stock_imports').where({ id, status: 'uploading' }).delete()
}

function inventory() {
  return db.connection('inventory')
}
