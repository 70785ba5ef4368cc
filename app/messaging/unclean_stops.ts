/*
 * A message that kills the process comes again, to the next one, and kills that too. So each consumer leaves
 * a sign while it handles, and takes it back when it has nothing to do or ends well. Where a sign was left
 * behind, messages are noted before they are handled, and one that was noted when a process died is handled
 * alone: if that process dies as well, and the next one with it alone again, it is the message. Once would
 * not do: whoever kills a process twice hits a message that is alone, for then each is.
 *
 * On the good path this is one statement a second.
 */
import { randomUUID } from 'node:crypto'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from './sql.ts'

/** So often a consumer that handles says so. */
const SIGN_MS = 1_000
/** A sign that is older was left behind, or its process hangs. Longer than a transaction between two signs. */
const SILENT_SECONDS = 5
/** After so long without another death nobody looks any more. Supervisors wait up to 5 minutes between starts. */
const FORGOTTEN_SECONDS = 1_800
/** With nothing to do for so long, a consumer takes its sign back. */
const IDLE_MS = 2_000

const sign = {
  name: 'consumer_sign',
  text: /* sql */ `
    with ours as (
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
    ) as unclean`,
}

const takeBack = {
  name: 'consumer_takes_sign_back',
  text: 'delete from consumer_runs where consumer = $1 and run = $2',
}

// Each sees the rows as they were before: those of runs that are gone without a word.
const note = {
  name: 'suspects_note',
  text: /* sql */ `
    with before as (
      select message_id, times_alone from suspects join consumer_runs using (consumer, run)
      where consumer = $1 and run <> $2 and message_id = any ($3::uuid[])
    ), ours as (
      insert into suspects (consumer, run, message_id, times_alone)
      select $1, $2, message_id, coalesce(times_alone, 0)
      from unnest($3::uuid[]) as message_id left join before using (message_id) order by message_id
      on conflict (consumer, message_id) do update
      set run = excluded.run, times_alone = excluded.times_alone
    )
    select message_id, times_alone from before`,
}

const noteAlone = {
  name: 'suspects_note_alone',
  text: /* sql */ `
    update suspects set times_alone = times_alone + 1
    where consumer = $1 and run = $2 and message_id = $3`,
}

const clear = {
  name: 'suspects_clear',
  text: /* sql */ `
    delete from suspects where consumer = $1 and run = $2 and message_id = any ($3::uuid[])`,
}

/** Of processes; the last two with this message alone. */
const DEATHS = 4
const DEATHS_ALONE = 2

/** Nobody came back to say what went wrong. */
export class ProcessDied extends Error {
  name = 'ProcessDied'
  readonly deaths = DEATHS

  constructor() {
    super('the process died each time that it handled this message')
  }
}

/** How messages are handled, for one who decides which of them together. */
interface Ways<One> {
  /** What nothing but the machine can stop. */
  insist<T>(work: () => Promise<T>): Promise<T>
  settle(some: One[]): Promise<void>
  bury(one: One, error: ProcessDied): Promise<void>
}

/**
 * Of all consumers of a process, one message at a time is alone: one that another consumer had in hand at the
 * same moment would be blamed for the same death.
 */
export class Solitude {
  #last: Promise<unknown> = Promise.resolve()

  /** Begins when nobody else is at it. @throws what the work does */
  of<T>(work: () => Promise<T>): Promise<T> {
    const ours = this.#last.then(work)
    this.#last = ours.catch(() => {})
    return ours
  }
}

export class UncleanStops {
  readonly #consumer: string
  readonly #client: () => QueryClientContract
  readonly #solitude: Solitude
  readonly #run = randomUUID()
  #saidAt = -Infinity
  #left = false
  #idle: NodeJS.Timeout | null = null

  constructor(consumer: string, client: () => QueryClientContract, solitude: Solitude) {
    this.#consumer = consumer
    this.#client = client
    this.#solitude = solitude
  }

  /**
   * Says that this consumer handles; call it before each batch.
   *
   * @returns whether another one has ended without a word, not long ago
   * @throws what the database says
   */
  async begin(): Promise<boolean> {
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    if (performance.now() - this.#saidAt < SIGN_MS) return this.#left
    const [{ unclean }] = await run<{ unclean: boolean }>(this.#client(), sign, [
      this.#consumer,
      this.#run,
    ])
    this.#saidAt = performance.now()
    return (this.#left = unclean)
  }

  /** Nothing is under way any more: if nothing comes soon, the sign is taken back. */
  rest() {
    this.#idle ??= setTimeout(() => void this.leave().catch(() => {}), IDLE_MS).unref()
  }

  /** Takes the sign back. @throws what the database says */
  async leave() {
    if (this.#saidAt === -Infinity) return
    this.#saidAt = -Infinity
    await run(this.#client(), takeBack, [this.#consumer, this.#run])
  }

  /**
   * Handles messages of which one may have killed a process. Where some were under way then, each is handled
   * by itself, and one that was alone twice is buried.
   */
  async settleWarily<One extends { message: { id: string } }>(all: One[], ways: Ways<One>) {
    const suspects = await ways.insist(() => this.#note(all))
    if (suspects.size === 0) return this.#settle(all, ways)
    for (const one of all) {
      if ((suspects.get(one.message.id) ?? 0) < DEATHS_ALONE) await this.#settleAlone(one, ways)
      else {
        await ways.bury(one, new ProcessDied())
        await this.#clear([one])
      }
    }
  }

  async #settleAlone<One extends { message: { id: string } }>(one: One, ways: Ways<One>) {
    await this.#solitude.of(async () => {
      const ids = [this.#consumer, this.#run, one.message.id]
      await ways.insist(() => run(this.#client(), noteAlone, ids))
      await this.#settle([one], ways)
    })
  }

  /** What is noted, and noted no longer once it is through. */
  async #settle<One extends { message: { id: string } }>(some: One[], { settle }: Ways<One>) {
    try {
      await settle(some)
    } finally {
      await this.#clear(some).catch(() => {})
    }
  }

  /**
   * Notes messages that are about to be handled. One may be among them twice: after a death between its
   * publication and the mark of it.
   *
   * @returns how often a process died with one alone, of those that were noted when a process died
   * @throws what the database says
   */
  async #note(some: { message: { id: string } }[]): Promise<Map<string, number>> {
    const ids = [...new Set(some.map(({ message }) => message.id))]
    const rows = await run<{ message_id: string; times_alone: number }>(this.#client(), note, [
      ...[this.#consumer, this.#run, ids],
    ])
    return new Map(rows.map((row) => [row.message_id, row.times_alone]))
  }

  /** They are through, or somebody else's now: whatever became of them, nobody died. */
  async #clear(some: { message: { id: string } }[]) {
    await run(this.#client(), clear, [
      ...[this.#consumer, this.#run],
      some.map(({ message }) => message.id),
    ])
  }
}
