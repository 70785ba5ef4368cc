import db from '@adonisjs/lucid/services/db'
import { once, type Answer, type IdempotencyScope } from '#http/idempotency'
import { importBody } from '../transformers/import_body.ts'
import { importWorker } from './import_worker.ts'
import { startReading } from './order_import.ts'
import { forgetUpload, receiveUpload, type NewImport } from './receive_upload.ts'

/**
 * Takes a file in and lets its dry run begin; once for each key.
 *
 * @param scopeOf - where the key counts, when the file is known by its sha256; null without a key
 * @throws Problem 409 `request_in_progress` · 413 `body_too_large` · 422 `no_csv`, `idempotency_key_reused`,
 *   and what the stream throws
 */
export async function takeFile(
  file: NewImport,
  scopeOf: (hash: string) => IdempotencyScope | null
): Promise<Answer> {
  const received = await receiveUpload(file)
  try {
    const answer = await once(db.connection('inventory'), scopeOf(received.hash), async (trx) => {
      const body = importBody(await startReading(trx, received))
      return { status: 202, headers: { Location: `/api/v1/stock/imports/${body.id}` }, body }
    })
    importWorker.wake()
    return answer
  } finally {
    // Of a file that was sent before under the same key.
    await forgetUpload(received.id)
  }
}
