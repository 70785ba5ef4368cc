/*
 * Poison pill detection: a message that crashes the process is delivered again and crashes the next process too.
 * So each consumer registers its run while it handles, and removes it when it is idle or stops cleanly. While a
 * run of a crashed process is registered, messages are recorded as suspects before they are handled, and those
 * that were suspects during a crash are handled alone. If the process crashes twice with the same message alone,
 * the message is dead-lettered. Once is not enough: something else may have crashed the process at that moment.
 *
 * Without a crash this costs one statement per second.
 */
import { randomUUID } from 'node:crypto'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'
import type { RoutedMessage } from './message_router.ts'
import type { Mutex } from './mutex.ts'

const RENEWED_EACH_MS = 1_000
/**
 * An older registration counts as a crash. A live process with a longer batch is mistaken for one, which costs
 * the others extra statements and loses nothing.
 */
const SILENT_SECONDS = 5
/** A crash is forgotten after this long. Supervisors wait up to 5 minutes between restarts. */
const FORGOTTEN_SECONDS = 1_800
/** An idle consumer removes its registration after this long. */
const IDLE_MS = 2_000

const registerRun = {
  name: 'consumer_runs_register',
  text: /* sql */ `
    with registered as (
      insert into consumer_runs (consumer, run) values ($1, $2)
      on conflict (consumer, run) do update set seen_at = excluded.seen_at
    ), forgotten as (
      delete from consumer_runs
      where consumer = $1 and run <> $2 and seen_at < clock_timestamp() - interval '${FORGOTTEN_SECONDS} s'
      returning run
    ), unsuspected as (
      delete from suspects where consumer = $1 and run in (select run from forgotten)
    )
    select exists (
      select from consumer_runs
      where consumer = $1 and run <> $2 and seen_at < clock_timestamp() - interval '${SILENT_SECONDS} s'
        and seen_at >= clock_timestamp() - interval '${FORGOTTEN_SECONDS} s'
    ) as crashed`,
}

const unregisterRun = {
  name: 'consumer_runs_unregister',
  text: 'delete from consumer_runs where consumer = $1 and run = $2',
}

// Every part sees the rows as they were before: those of crashed runs.
const recordSuspects = {
  name: 'suspects_record',
  text: /* sql */ `
    with before as (
      select message_id, times_alone from suspects join consumer_runs using (consumer, run)
      where consumer = $1 and run <> $2 and message_id = any ($3::uuid[])
    ), recorded as (
      insert into suspects (consumer, run, message_id, times_alone)
      select $1, $2, message_id, coalesce(times_alone, 0)
      from unnest($3::uuid[]) as message_id left join before using (message_id) order by message_id
      on conflict (consumer, message_id) do update
      set run = excluded.run, times_alone = excluded.times_alone
    )
    select message_id, times_alone from before`,
}

const recordSolo = {
  name: 'suspects_record_solo',
  text: /* sql */ `
    update suspects set times_alone = times_alone + 1
    where consumer = $1 and run = $2 and message_id = $3`,
}

const clearSuspects = {
  name: 'suspects_clear',
  text: /* sql */ `
    delete from suspects where consumer = $1 and run = $2 and message_id = any ($3::uuid[])`,
}

/** Crashes with a message alone before it is dead-lettered. */
const SOLO_CRASHES = 2
/** The first crash leaves no suspects, the second only a batch of them. */
const CRASHES_BEFORE_SOLO = 2

/** The process crashed, so there is no error to report. The name is stored as `error_class`: never rename it. */
export class ProcessDied extends Error {
  name = 'ProcessDied'
  /** A restart within 5 s adds one. */
  readonly attempts = CRASHES_BEFORE_SOLO + SOLO_CRASHES

  constructor() {
    super('the process crashed each time it handled this message')
  }
}

/** The consumer's ways to handle messages. */
interface Actions {
  untilDone<T>(work: () => Promise<T>): Promise<T>
  handle(messages: RoutedMessage[]): Promise<void>
  deadLetter(message: RoutedMessage, error: ProcessDied): Promise<void>
}

export class PoisonPillDetector {
  readonly #consumer: string
  readonly #client: () => QueryClientContract
  readonly #mutex: Mutex
  readonly #runId = randomUUID()
  #registeredAt = -Infinity
  #crashed = false
  #idle: NodeJS.Timeout | null = null

  constructor(consumer: string, client: () => QueryClientContract, mutex: Mutex) {
    this.#consumer = consumer
    this.#client = client
    this.#mutex = mutex
  }

  /**
   * Registers this run; call it before each batch.
   *
   * @returns whether another run of the consumer crashed recently
   */
  async register(): Promise<boolean> {
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    if (performance.now() - this.#registeredAt < RENEWED_EACH_MS) return this.#crashed
    const [{ crashed }] = await run<{ crashed: boolean }>(this.#client(), registerRun, [
      this.#consumer,
      this.#runId,
    ])
    this.#registeredAt = performance.now()
    return (this.#crashed = crashed)
  }

  /** Call after each batch: removes the registration unless another batch follows soon. */
  unregisterWhenIdle() {
    this.#idle ??= setTimeout(() => void this.unregister().catch(() => {}), IDLE_MS).unref()
  }

  async unregister() {
    if (this.#registeredAt === -Infinity) return
    this.#registeredAt = -Infinity
    await run(this.#client(), unregisterRun, [this.#consumer, this.#runId])
  }

  /**
   * Handles messages after a crash. If some of them were suspects then, each is handled alone, and one with two
   * solo crashes is dead-lettered.
   */
  async handleAfterCrash(messages: RoutedMessage[], actions: Actions) {
    const suspects = await actions.untilDone(() => this.#record(messages))
    if (suspects.size === 0) return this.#handle(messages, actions)
    for (const routed of messages) {
      if ((suspects.get(routed.message.id) ?? 0) < SOLO_CRASHES)
        await this.#handleAlone(routed, actions)
      else {
        await actions.deadLetter(routed, new ProcessDied())
        await this.#clear([routed])
      }
    }
  }

  async #handleAlone(routed: RoutedMessage, actions: Actions) {
    await this.#mutex.run(async () => {
      const ids = [this.#consumer, this.#runId, routed.message.id]
      await actions.untilDone(() => run(this.#client(), recordSolo, ids))
      await this.#handle([routed], actions)
    })
  }

  /** Handles suspects and clears them: whatever happened, the process did not crash. */
  async #handle(messages: RoutedMessage[], { handle }: Actions) {
    try {
      await handle(messages)
    } finally {
      await this.#clear(messages).catch(() => {})
    }
  }

  /**
   * Records suspects. A message may be among them twice, after a relay that crashed between publishing a message
   * and marking it as published.
   *
   * @returns message id → solo crashes, of messages that were suspects during a crash
   */
  async #record(messages: RoutedMessage[]): Promise<Map<string, number>> {
    const ids = [...new Set(messages.map(({ message }) => message.id))]
    const rows = await run<{ message_id: string; times_alone: number }>(
      this.#client(),
      recordSuspects,
      [this.#consumer, this.#runId, ids]
    )
    return new Map(rows.map((row) => [row.message_id, row.times_alone]))
  }

  async #clear(messages: RoutedMessage[]) {
    const ids = messages.map(({ message }) => message.id)
    await run(this.#client(), clearSuspects, [this.#consumer, this.#runId, ids])
  }
}
