import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { elsewhere } from '#config/app'
import { mailQueue } from '#mail/queue'
import { deadLetterGroups } from '#messaging/recovery/dead_letter_queries'
import { parkedKeys } from '#messaging/recovery/parked_keys'
import messaging from '#messaging/service'
import { pipelineStatus } from './pipeline_status.ts'
import { listOperatorActions, outcomeOf } from './operator_actions.ts'
import { runningReplays } from './running_replays.ts'
import { pageOfKey } from './key_pages.ts'
import { TYPES } from './validators.ts'

/** Mails of a module that wait, are held or were given up, each; the rest follow as these are sent. */
const MAILS = 20
const ACTIONS = 8

/**
 * The operations page: throughput, dead letters, parked keys, mails that wait or were given up, and operator actions.
 *
 * @param attention - counts the orders that need attention; null where their module runs elsewhere
 */
export function operationsPage(attention: (() => Promise<number>) | null) {
  return async ({ view }: HttpContext) => {
    const modules = messaging.config.modules.map(({ name }) => name)
    const [work, groups, parked, waitingMails, mails, actions, inAttention] = await Promise.all([
      pipelineStatus(),
      ofEach(modules, (module) => deadLetterGroups(db.connection(module), module)),
      ofEach(modules, (module) => parkedKeys(db.connection(module))),
      mailQueue.waiting(db, MAILS),
      mailQueue.givenUp(db, MAILS),
      listOperatorActions({ limit: ACTIONS }),
      attention?.() ?? 0,
    ])
    return view.render('operations::pages/operations', {
      ...{ work, groups, parked, waitingMails, mails, actions, modules, elsewhere, pageOfKey },
      ...{ outcomeOf, types: TYPES, attention: inAttention, isRunning: runningReplays.has },
    })
  }
}

async function ofEach<Found extends object>(
  modules: string[],
  find: (module: string) => Promise<Found[]>
): Promise<(Found & { module: string })[]> {
  const found = await Promise.all(
    modules.map(async (module) => {
      const rows = await find(module)
      return rows.map((one) => ({ module, ...one }))
    })
  )
  return found.flat()
}
