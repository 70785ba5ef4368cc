/*
 * An operator accepts that a paused consumer dead-letters the messages that it cannot handle. The consumer runs in
 * another process, so both use the module's database: the consumer reports its pause in worker_roles and looks for the
 * operator's action in operator_acts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Operator } from '#console/operator'
import { run } from '#postgres/run'
import { endAction, recordAction } from './operator_actions.ts'

/** How long an operator waits for the consumer. */
const WAIT_MS = 30_000
const POLL_MS = 250

/** What came of an operator's action. */
export interface Acceptance {
  /** Whether a paused consumer has begun to dead-letter. */
  taken: boolean
  /** Whether it is done with the batch at which it was paused. */
  finished: boolean
  deadLettered: number
}

const readPause = {
  name: 'pause_read',
  text: /* sql */ `
    select from worker_roles
    where role = 'paused consumer' and seen_at > clock_timestamp() - interval '1 minute'`,
}

/** Whether a process has reported within a minute that this module's consumer is paused. */
export async function isPaused(module: QueryClientContract): Promise<boolean> {
  const rows = await run(module, readPause, [])
  return rows.length > 0
}

/**
 * Lets the paused consumer of a module dead-letter the messages of its batch that still fail. Returns when it has done
 * so, when no consumer is paused any more, or after 30 s. An action that no consumer took has no effect later.
 *
 * @param on.signal - ends the wait
 */
export async function acceptFailures(
  module: QueryClientContract,
  consumer: string,
  by: Operator & { why: string },
  { signal, waitMs = WAIT_MS }: { signal?: AbortSignal; waitMs?: number } = {}
): Promise<Acceptance> {
  const id = await recordAction(module, 'accept', by, { consumer })
  const until = Date.now() + waitMs
  for (;;) {
    const { finished, deadLettered = 0 } = await readOutcome(module, id)
    const isOver = signal?.aborted || Date.now() >= until
    if (finished !== undefined) {
      if (finished || isOver) return { taken: true, finished, deadLettered }
    } else if (isOver || !(await isPaused(module))) {
      if (await withdraw(module, id)) return { taken: false, finished: false, deadLettered }
      // The consumer has just taken it.
      continue
    }
    await sleep(POLL_MS)
  }
}

/** Empty until a consumer takes the action. */
async function readOutcome(module: QueryClientContract, id: string): Promise<Outcome> {
  const { outcome } = await module.from('operator_acts').where('id', id).firstOrFail()
  return outcome
}

interface Outcome {
  finished?: boolean
  deadLettered?: number
}

/** @returns false when a consumer has taken the action */
async function withdraw(module: QueryClientContract, id: string): Promise<boolean> {
  const outcome = { withdrawn: true }
  const rows = await module
    .from('operator_acts')
    .where('id', id)
    .whereRaw(`outcome = '{}'`)
    .update({ outcome })
    .returning('id')
  return rows.length > 0
}

const reportPause = {
  name: 'pause_report',
  text: /* sql */ `
    insert into worker_roles (role, seen_at) values ('paused consumer', clock_timestamp())
    on conflict (role) do update set seen_at = clock_timestamp()
    returning seen_at::text as at`,
}

const endPause = {
  name: 'pause_end',
  text: `delete from worker_roles where role = 'paused consumer'`,
}

// An action works once, for a pause that began before it, and only while its operator may still wait.
const take = {
  name: 'acceptance_take',
  text: /* sql */ `
    update operator_acts set outcome = '{"finished": false, "deadLettered": 0}'
    where id = (
      select id from operator_acts
      where at > $2::timestamptz and at > clock_timestamp() - interval '1 minute'
        and act = 'accept' and filter ->> 'consumer' = $1 and outcome = '{}'
      order by at limit 1 for update skip locked)
    returning id`,
}

/** A pause of a consumer, as other processes see it. */
export class ReportedPause {
  readonly #consumer: string
  readonly #client: () => QueryClientContract
  /** When it was first reported, by the database's clock, because the clocks of machines differ. */
  #since: string | null = null

  constructor(consumer: string, client: () => QueryClientContract) {
    this.#consumer = consumer
    this.#client = client
  }

  /**
   * Reports that the consumer is still paused.
   *
   * @returns the action of an operator who accepts the failures, for `recordAccepted`; null if there is none, or if the
   *   database is unreachable
   */
  async takeAcceptance(): Promise<string | null> {
    try {
      const [{ at }] = await run<{ at: string }>(this.#client(), reportPause, [])
      this.#since ??= at
      const values = [this.#consumer, this.#since]
      const [taken] = await run<{ id: string }>(this.#client(), take, values)
      return taken?.id ?? null
    } catch {
      return null
    }
  }

  /** Another process whose consumer is paused too reports it again before its next trial. */
  async end() {
    await run(this.#client(), endPause, []).catch(() => {})
  }
}

/** Records that the consumer is done with the batch at which it was paused. */
export async function recordAccepted(
  module: QueryClientContract,
  action: string,
  deadLettered: number
) {
  await endAction(module, action, { finished: true, deadLettered })
}
