import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { once, type StoredResponse, type IdempotencyScope } from '#http/idempotency'
import { startReading } from '../imports/import_transitions.ts'
import { importWorker } from '../imports/import_worker.ts'
import { deleteUpload, receiveUpload } from '../imports/receive_upload.ts'
import { earlierBooking } from '../ledger/bookings.ts'
import { importBody } from './transformers/import_body.ts'
import { uploadValidator } from './validators/imports.ts'

/**
 * Stores the uploaded file of the request and starts its dry run, once per idempotency key.
 *
 * @param scopeOf - returns the scope of the key, given the file's sha256; null without a key
 * @throws ValidationError · Problem 409 `request_in_progress` · 413 `body_too_large` · 422 `no_csv`, `idempotency_key_reused`
 *   · errors of the stream
 */
export async function acceptUpload(
  { account, request, upload }: HttpContext,
  scopeOf: (hash: string) => IdempotencyScope | null
): Promise<StoredResponse> {
  const { reference = null } = await uploadValidator.validate(request.body())
  const { name, bytes } = upload!
  const received = await receiveUpload({
    ...{ name, bytes, reference, actor: actorOf(account), accountId: account.id },
  })
  try {
    const response = await once(db.connection('inventory'), scopeOf(received.hash), async (trx) => {
      const record = await startReading(trx, received)
      const body = importBody(record, await earlierBooking(trx, record))
      return { status: 202, headers: { Location: `/api/v1/stock/imports/${body.id}` }, body }
    })
    importWorker.wake()
    return response
  } finally {
    // Does nothing unless the same file was uploaded before under the same key.
    await deleteUpload(received.id)
  }
}
