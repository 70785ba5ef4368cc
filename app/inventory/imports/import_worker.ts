/*
 * Processes imports in the background, each in one process at a time. If a process dies, another one
 * continues its import when the lease expires.
 */
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { PollingWorker } from '#runtime/polling_worker'
import { applyImport } from './apply_import.ts'
import { claim, LEASE_RENEWAL_MS, LeaseLost, release, renewLease } from './import_record.ts'
import { readImport } from './read_import.ts'
import { reverseImport } from './reverse_import.ts'

const POLL_MS = 1_000

const STEPS = { reading: readImport, applying: applyImport, reversing: reverseImport }

/**
 * Runs the step for the import's status, unless another worker holds the lease.
 *
 * @returns whether this worker finished the step or was stopped
 */
export async function workOn(id: string, worker: string, stop: AbortSignal): Promise<boolean> {
  const work = await claim(id, worker)
  if (!work) return false
  const renewal = setInterval(() => void renewLease(id, worker).catch(() => {}), LEASE_RENEWAL_MS)
  try {
    await STEPS[work.status as keyof typeof STEPS](work, worker, stop)
    if (stop.aborted) await release(id, worker)
    return true
  } catch (error) {
    if (error instanceof LeaseLost) return false
    throw error
  } finally {
    clearInterval(renewal)
  }
}

class ImportWorker extends PollingWorker {
  readonly #id = randomUUID()

  constructor() {
    super({ name: 'imports', interval: POLL_MS })
  }

  /** An import that fails keeps its lease and is retried when the lease expires. */
  protected async poll(signal: AbortSignal) {
    await deleteBrokenUploads()
    const id = await nextWaiting()
    return id !== null && workOn(id, this.#id, signal)
  }
}

export const importWorker = new ImportWorker()

async function nextWaiting(): Promise<string | null> {
  const row = await db
    .connection('inventory')
    .from('stock_imports')
    .select('id')
    .whereIn('status', ['reading', 'applying', 'reversing'])
    .whereRaw('(lease_until is null or lease_until < now())')
    .orderBy('id')
    .first()
  return row?.id ?? null
}

/** Deletes uploads whose process died before it had the whole file. */
async function deleteBrokenUploads() {
  await db
    .connection('inventory')
    .from('stock_imports')
    .where('status', 'uploading')
    .whereRaw('lease_until < now()')
    .delete()
}
