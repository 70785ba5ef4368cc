/*
 * Who did what to a module's messages, when and why.
 */
import { userInfo } from 'node:os'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'

export type ActName =
  'redrive' | 'discard' | 'unpark' | 'prune' | 'announce' | 'read' | 'partitions' | 'resume'

/** A person, and what they give as the reason. */
export interface Operator {
  who: string
  why: string | null
}

export interface OperatorAct {
  id: string
  at: Date
  who: string
  act: ActName
  why: string | null
  /** What it was meant for. */
  filter: object
  /** What came of it; empty while it is under way, and for good where the process died in the middle. */
  outcome: object
}

/** Puts an act on record, before it or in its transaction. @returns its id, for `endAct` */
export async function recordAct(
  client: QueryClientContract,
  act: ActName,
  { who, why }: Operator,
  filter: object,
  outcome: object = {}
): Promise<string> {
  const id = uuidv7()
  await client.table('operator_acts').insert({ id, who, act, why, filter, outcome })
  return id
}

/** Adds what came of it. */
export async function endAct(client: QueryClientContract, id: string, outcome: object) {
  await client.from('operator_acts').where('id', id).update({ outcome })
}

/** What letters said may be about customers, and may be long: discarded ones are named alone. */
const NAMED = /* sql */ `
  case when outcome -> 'letters' is not null then jsonb_build_object('letters', (
    select jsonb_agg(jsonb_build_object('id', letter -> 'id', 'type', letter -> 'type', 'key', letter -> 'key',
      'messageId', letter -> 'message_id', 'error', letter -> 'error_message'))
    from jsonb_array_elements(outcome -> 'letters') as letter))
  else outcome end as outcome`

/** The newest first, `limit` of them; older ones than `before`, an act's id, where it is given. */
export async function operatorActs(
  client: QueryClientContract,
  { before, limit = 50 }: { before?: string; limit?: number } = {}
): Promise<OperatorAct[]> {
  const acts = client
    .from('operator_acts')
    .orderBy('id', 'desc')
    .limit(limit)
    .select('id', 'at', 'who', 'act', 'why', 'filter')
    .select(client.raw(NAMED))
  return before ? acts.where('id', '<', before) : acts
}

/** Who works at this terminal. */
export function terminalUser(): string {
  try {
    return userInfo().username
  } catch {
    // A container's user may have no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
