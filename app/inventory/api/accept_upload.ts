import db from '@adonisjs/lucid/services/db'
import { once, type StoredResponse, type IdempotencyScope } from '#http/idempotency'
import { startReading } from '../imports/import_transitions.ts'
import { importWorker } from '../imports/import_worker.ts'
import { deleteUpload, receiveUpload, type NewImport } from '../imports/receive_upload.ts'
import { importBody } from './transformers/import_body.ts'

/**
 * Stores an uploaded file and starts its dry run, once per idempotency key.
 *
 * @param scopeOf - returns the scope of the key, given the file's sha256; null without a key
 * @throws Problem 409 `request_in_progress` · 413 `body_too_large` · 422 `no_csv`, `idempotency_key_reused`
 *   · errors of the stream
 */
export async function acceptUpload(
  file: NewImport,
  scopeOf: (hash: string) => IdempotencyScope | null
): Promise<StoredResponse> {
  const received = await receiveUpload(file)
  try {
    const response = await once(db.connection('inventory'), scopeOf(received.hash), async (trx) => {
      const body = importBody(await startReading(trx, received))
      return { status: 202, headers: { Location: `/api/v1/stock/imports/${body.id}` }, body }
    })
    importWorker.wake()
    return response
  } finally {
    // Does nothing unless the same file was uploaded before under the same key.
    await deleteUpload(received.id)
  }
}
