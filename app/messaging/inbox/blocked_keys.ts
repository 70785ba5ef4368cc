/*
 * Blocked keys that are retried automatically: one of their messages hits a time limit even alone. The message
 * and every later one of its key are dead letters, as behind any blocked key, and other keys are not affected. The
 * key is redriven with backoff until its messages are handled, in this process or another. In the table
 * `waiting_keys` such a key has a `retry_at`.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { PollingWorker } from '#runtime/polling_worker'
import { run } from '#postgres/run'

const POLL_MS = 2_000
const MAX_RETRY_SECONDS = 64

const insertRetry = {
  name: 'blocked_keys_insert_retry',
  text: /* sql */ `
    insert into waiting_keys (consumer, key, tries, retry_at)
    values ($1, $2, $3, clock_timestamp() + interval '1 second') on conflict do nothing`,
}

// The next attempt is scheduled before this one begins: if the process dies, another takes over.
const claim = {
  name: 'blocked_keys_claim',
  text: /* sql */ `
    update waiting_keys set tries = tries + 1, retry_at = clock_timestamp()
      + least(${MAX_RETRY_SECONDS}, 2 ^ least(greatest(tries - 4, 0), 10)) * interval '1 second'
    where (consumer, key) = (
      select consumer, key from waiting_keys where consumer = $1 and retry_at <= clock_timestamp()
      order by retry_at limit 1 for update skip locked)
    returning key, tries`,
}

const recordFailure = {
  name: 'blocked_keys_record_failure',
  text: /* sql */ `
    update dead_letters set attempts = attempts + 1, error_message = $3
    where id = (select id from dead_letters
                where consumer = $1 and key = $2 and reason <> 'junk' order by id limit 1)`,
}

const leaveToOperator = {
  name: 'blocked_keys_leave',
  text: 'update waiting_keys set retry_at = null where consumer = $1 and key = $2',
}

const list = {
  name: 'blocked_keys_list_retried',
  text: /* sql */ `
    select waiting_keys.key, tries, message_id as "messageId", error_message as error
    from waiting_keys join lateral (
      select message_id, error_message from dead_letters as letter
      where letter.consumer = waiting_keys.consumer and letter.key = waiting_keys.key and reason <> 'junk'
      order by id limit 1) as first on true
    where consumer = $1 and retry_at is not null order by since limit $2`,
}

/** A blocked key that is retried, with the message that hits the time limit. */
export interface RetriedKey {
  key: string
  messageId: string
  /** Attempts with the message alone. */
  tries: number
  error: string | null
}

/** The blocked keys that are retried, oldest first. */
export async function retriedKeys(client: QueryClientContract, consumer: string, limit: number) {
  return run<RetriedKey & Record<string, unknown>>(client, list, [consumer, limit])
}

/** Blocks a key and schedules its retry. Its message must be dead-lettered in the same transaction. */
export async function retryKeyLater(
  trx: TransactionClientContract,
  consumer: string,
  key: string,
  tries: number
) {
  await run(trx, insertRetry, [consumer, key, tries])
}

export interface BlockedKeyRetriesOptions {
  consumer: string
  client: () => QueryClientContract
  /** Handles the messages of a key in order. @throws a transient error; the message stays as it was */
  redrive(key: string): Promise<{ unblocked: boolean }>
  logger: Logger
}

/** Retries keys that were set aside because a message hits a time limit even alone. */
export class BlockedKeyRetries extends PollingWorker {
  readonly #options: BlockedKeyRetriesOptions
  constructor(options: BlockedKeyRetriesOptions) {
    super({ name: `blocked keys of ${options.consumer}`, interval: POLL_MS })
    this.#options = options
  }

  /** Retries one key that is due. @throws when the database is unreachable */
  async poll() {
    const { consumer, client } = this.#options
    const [due] = await run<{ key: string; tries: number }>(client(), claim, [consumer])
    if (due) await this.#retry(due)
    return due !== undefined
  }

  async #retry({ key, tries }: { key: string; tries: number }) {
    const { consumer, client, redrive, logger } = this.#options
    try {
      const { unblocked } = await redrive(key)
      if (unblocked) logger.info({ consumer, key, tries }, 'blocked key handled')
      // The message failed with a permanent error: from now on it is an ordinary dead letter.
      else await run(client(), leaveToOperator, [consumer, key])
    } catch (error) {
      const { message: reason } = error as Error
      if ((tries & (tries - 1)) === 0) {
        logger.warn({ consumer, key, tries, reason }, 'blocked key failed, retrying')
      }
      await run(client(), recordFailure, [consumer, key, reason])
    }
  }
}
