/*
 * Operators' actions on a module's messages, in the table operator_acts.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import type { Operator } from '#console/operator'

export type ActionName =
  | 'redrive'
  | 'discard'
  | 'unpark'
  | 'prune'
  | 'announce'
  | 'read'
  | 'partitions'
  | 'resume'
  | 'skip'
  | 'accept'

export interface OperatorAction {
  id: string
  at: Date
  who: string
  act: ActionName
  why: string | null
  /** What the action was applied to. */
  filter: object
  /** The result; empty while the action runs, and if its process died. */
  outcome: object
}

/** Records an action, before it starts or in its transaction. @returns its id, for `endAction` */
export async function recordAction(
  client: QueryClientContract,
  act: ActionName,
  { who, why }: Operator,
  filter: object,
  outcome: object = {}
): Promise<string> {
  const id = uuidv7()
  await client.table('operator_acts').insert({ id, who, act, why, filter, outcome })
  return id
}

/** Adds the result. */
export async function endAction(client: QueryClientContract, id: string, outcome: object) {
  await client.from('operator_acts').where('id', id).update({ outcome })
}

/** Payloads of discarded messages may be long and hold personal data: only their names are read. */
const NAMED = /* sql */ `
  case when outcome -> 'letters' is not null then jsonb_build_object('letters', (
    select jsonb_agg(jsonb_build_object('id', letter -> 'id', 'type', letter -> 'type', 'key', letter -> 'key',
      'messageId', letter -> 'message_id', 'error', letter -> 'error_message'))
    from jsonb_array_elements(outcome -> 'letters') as letter))
  else outcome end as outcome`

/** The newest `limit` actions first; `before`: only those older than this id. */
export async function operatorActions(
  client: QueryClientContract,
  { before, limit = 50 }: { before?: string; limit?: number } = {}
): Promise<OperatorAction[]> {
  const actions = client
    .from('operator_acts')
    .orderBy('id', 'desc')
    .limit(limit)
    .select('id', 'at', 'who', 'act', 'why', 'filter')
    .select(client.raw(NAMED))
  return before ? actions.where('id', '<', before) : actions
}
