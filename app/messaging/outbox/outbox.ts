/*
 * The outbox: a message is a row that commits with the change it reports. Committed rows are published;
 * rolled back ones never existed.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { runInOrder, type Call } from '#postgres/run'
import type { Message } from '../message/message.ts'
import { keyHash } from '../message/partition.ts'

/** Column, its type, and its value for a message. */
const COLUMNS: [name: string, type: string, value: (message: Message) => unknown][] = [
  ['message_id', 'uuid', ({ id }) => id],
  ['topic', 'text', ({ topic }) => topic],
  ['key', 'text', ({ key }) => key],
  ['key_hash', 'int', ({ key }) => keyHash(key)],
  ['type', 'text', ({ type }) => type],
  ['version', 'smallint', ({ version }) => version],
  ['data', 'json', ({ data }) => JSON.stringify(data)],
  ['headers', 'jsonb', ({ headers }) => JSON.stringify(headers)],
  ['created_at', 'timestamptz', ({ time }) => time],
]

/**
 * Adds messages to the outbox of the module whose connection `trx` runs on.
 *
 * Call it AFTER the rows of the messages' aggregates are inserted or locked in the same transaction:
 * the id assigned under that lock defines the commit order of the key. Messages of one call keep their order.
 */
async function add(trx: TransactionClientContract, messages: Message[]): Promise<void> {
  if (messages.length === 0) return
  await runInOrder(trx, ...additions(messages))
  trx.after('commit', () => wakeRelay(trx))
}

/**
 * The statements of `add`; none without messages. After they have committed, call `outbox.wakeRelay`.
 */
function additions(messages: Message[]): Call[] {
  return messages.length > 0 ? [[addMessages, values(messages)]] : []
}

/**
 * A common table expression that adds messages within the caller's own statement:
 * `with placed as (insert … returning id as key), ${outbox.cte('messages', { after: 'placed', parameter: 5 })} select …`
 *
 * After the statement has committed, call `outbox.wakeRelay`.
 *
 * @param options.after - the expression that inserts or locks the rows of the aggregates, and returns their
 *   `key`; messages with other keys are not added
 * @param options.parameter - the number of the first of the nine parameters that `values` fills
 * @param options.data - the data to store: an SQL expression of the message's `data` and the columns of `after`
 */
function cte(
  name: string,
  { after, parameter, data }: { after: string; parameter: number; data?: string }
) {
  return `${name} as (${insertInto(parameter, data)} join ${after} using (key))`
}

function insertInto(parameter: number, data = 'data') {
  const names = COLUMNS.map(([name]) => name).join(', ')
  const stored = COLUMNS.map(([name]) => (name === 'data' ? data : name))
  const arrays = COLUMNS.map(([, type], index) => `$${parameter + index}::${type}[]`)
  return /* sql */ `
    insert into outbox (${names})
    select ${stored.join(', ')} from unnest(${arrays.join(', ')}) as added (${names})`
}

const addMessages = { name: 'outbox_add', text: insertInto(1) }

/** The parameters of `cte`: one array per column. */
function values(messages: Message[]) {
  return COLUMNS.map(([, , value]) => messages.map(value))
}

/** A boolean SQL expression: the latest message of a key is published, or there is none. */
function isPublished(key: string) {
  // Messages of one key are published in order, so the latest one stands for all.
  return /* sql */ `
    coalesce((select published_at is not null from outbox where key = ${key} order by id desc limit 1), true)`
}

/** Wakes the module's relay after a commit, ahead of its next poll. */
function wakeRelay(client: QueryClientContract) {
  for (const wake of wakers.get(client.connectionName) ?? []) wake()
}

const wakers = new Map<string, Set<() => void>>()

/** Calls `wake` after each commit of messages in this process. @returns a function that ends it */
function onCommit(connectionName: string, wake: () => void) {
  const all = wakers.get(connectionName) ?? new Set()
  wakers.set(connectionName, all.add(wake))
  return () => void all.delete(wake)
}

export const outbox = { add, additions, cte, values, isPublished, wakeRelay, onCommit }
