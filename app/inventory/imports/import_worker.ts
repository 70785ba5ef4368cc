/*
 * Does what imports wait for, in whichever process is free. What a process leaves unfinished, another one
 * (or the same, started again) takes up when the lease is over.
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from '@adonisjs/core/logger'
import db from '@adonisjs/lucid/services/db'
import { Signal } from '#messaging/signal'
import { applyImport } from './apply_import.ts'
import { release, renew, RENEWED_EACH_MS, take, TakenOver } from './import_record.ts'
import { readImport } from './read_import.ts'
import { reverseImport } from './reverse_import.ts'

const TICK_MS = 1_000

const STEPS = { reading: readImport, applying: applyImport, reversing: reverseImport }

/**
 * Does the one thing that the import waits for, unless somebody else is at it.
 *
 * @returns whether it was ours to do
 */
export async function workOn(id: string, worker: string, stop: AbortSignal): Promise<boolean> {
  const work = await take(id, worker)
  if (!work) return false
  const alive = setInterval(() => void renew(id, worker).catch(() => {}), RENEWED_EACH_MS)
  try {
    await STEPS[work.status as keyof typeof STEPS](work, worker, stop)
    if (stop.aborted) await release(id, worker)
    return true
  } catch (error) {
    if (error instanceof TakenOver) return false
    throw error
  } finally {
    clearInterval(alive)
  }
}

class ImportWorker {
  readonly #id = randomUUID()
  readonly #woken = new Signal()
  #stopping = new AbortController()
  #running: Promise<void> | null = null
  #trouble: string | null = null
  #logger: Logger | null = null

  start(logger: Logger) {
    this.#logger = logger
    this.#stopping = new AbortController()
    this.#running = this.#run()
  }

  /** Finishes the piece under way. */
  async stop() {
    this.#stopping.abort()
    this.#woken.raise()
    await this.#running
    this.#running = null
  }

  /** There is work. */
  wake() {
    this.#woken.raise()
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
    return this.#trouble ? [`imports: ${this.#trouble}`] : []
  }

  async #run() {
    while (!this.#stopping.signal.aborted) {
      const done = await this.#once()
      if (!done) await this.#woken.wait(TICK_MS)
    }
  }

  /** @returns whether there was something to do */
  async #once(): Promise<boolean> {
    try {
      await forgetBrokenUploads()
      const id = await nextWaiting()
      const done = id !== null && (await workOn(id, this.#id, this.#stopping.signal))
      this.#trouble = null
      return done
    } catch (error) {
      // The lease is kept: the import is tried again when it is over.
      this.#trouble = (error as Error).message
      this.#logger?.error({ err: error }, 'an import waits')
      return false
    }
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

/** Whose process died while they came in. */
async function forgetBrokenUploads() {
  await db
    .connection('inventory')
    .from('stock_imports')
    .where('status', 'uploading')
    .whereRaw('lease_until < now()')
    .delete()
}
