/*
 * The inbox: a message's id commits with its effect, so a message that arrives twice has one effect.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { QueryResultRow } from 'pg'
import { runInOrder, type Call } from '#postgres/run'

// Ids are inserted in sorted order: two processes with overlapping batches must not deadlock.
const insertNew = {
  name: 'inbox_insert',
  text: /* sql */ `
    insert into inbox (consumer, message_id)
    select $1, id from unnest($2::uuid[]) as id order by id
    on conflict do nothing
    returning message_id`,
}

const lockBlockedKeys = {
  name: 'inbox_waiting_keys',
  text: /* sql */ `
    select key from waiting_keys where consumer = $1 and key = any ($2::text[]) order by key for update`,
}

/**
 * Statements that record the messages as handled, and lock their blocked keys. A redrive holds the lock of its key,
 * so the keys are read after it has committed.
 */
export function admission(consumer: string, messages: AdmittedMessage[]): [Call, Call] {
  const ids = new Set(messages.map(({ id }) => id))
  const keys = new Set(messages.map(({ key }) => key))
  return [
    [insertNew, [consumer, [...ids]]],
    [lockBlockedKeys, [consumer, [...keys]]],
  ]
}

type AdmittedMessage = { id: string; key: string }

export interface Admitted {
  /** The ids that this consumer had not recorded before, to be handled now. */
  fresh: Set<string>
  /** The keys whose messages wait behind a dead letter. */
  blocked: Set<string>
}

/** @param rows - of the statements of `admission` */
export function admitted([inserted, locked]: QueryResultRow[][]): Admitted {
  return {
    fresh: new Set(inserted.map((row) => row.message_id as string)),
    blocked: new Set(locked.map((row) => row.key as string)),
  }
}

/** Records the messages as handled in a transaction of the caller. */
export async function admit(
  trx: TransactionClientContract,
  consumer: string,
  messages: AdmittedMessage[]
): Promise<Admitted> {
  return admitted(await runInOrder(trx, ...admission(consumer, messages)))
}
