/*
 * Operators' actions on messages, on these pages and at a terminal.
 */
import { number, plural } from '#admin/format'
import db from '@adonisjs/lucid/services/db'
import { operatorActions, type OperatorAction } from '#messaging/recovery/operator_actions'
import { replays, type Replay } from '#messaging/recovery/replay'
import messaging from '#messaging/service'

type Entry = { module: string } & (
  ({ kind: 'action' } & OperatorAction) | ({ kind: 'replay' } & Replay)
)

/** A page of all modules' entries, newest first. Ids are UUIDv7, so they sort by time across modules. */
export async function listOperatorActions({ before, limit }: { before?: string; limit: number }) {
  const found = await Promise.all(
    messaging.config.modules.map(async ({ name: module }): Promise<Entry[]> => {
      const client = db.connection(module)
      const [actions, replayed] = await Promise.all([
        operatorActions(client, { before, limit: limit + 1 }),
        replays(client, { before, limit: limit + 1 }),
      ])
      return [
        ...actions.map((action) => ({ module, kind: 'action' as const, ...action })),
        ...replayed.map((replay) => ({ module, kind: 'replay' as const, ...replay })),
      ]
    })
  )
  const all = found.flat().sort((a, b) => (a.id < b.id ? 1 : -1))
  const rows = all.slice(0, limit)
  return { rows, older: all.length > limit ? rows.at(-1)!.id : null }
}

/** The result in a few words; empty where there is nothing to add. */
export function outcomeOf({ act, outcome }: OperatorAction): string {
  if (act === 'read') return ''
  if (Object.keys(outcome).length === 0) return 'running or interrupted'
  switch (act) {
    case 'discard':
      return plural((outcome as { letters: unknown[] }).letters.length, 'dead letter')
    case 'unpark':
      return plural((outcome as { keys: unknown[] }).keys.length, 'key')
    case 'redrive': {
      const { handled, freed, waiting } = outcome as Record<string, number>
      const failed = waiting > 0 ? `, ${number(waiting)} failed again` : ''
      return `${plural(handled, 'message')} handled, ${plural(freed, 'key')} unblocked${failed}`
    }
    case 'accept': {
      const { withdrawn, finished, deadLettered } = outcome as Record<string, number | boolean>
      if (withdrawn) return 'no paused consumer'
      if (!finished) return 'running or interrupted'
      return `${plural(Number(deadLettered), 'message')} dead-lettered`
    }
    default:
      return Object.entries(outcome)
        .map(([name, value]) => `${name} ${typeof value === 'number' ? number(value) : value}`)
        .join(', ')
  }
}
