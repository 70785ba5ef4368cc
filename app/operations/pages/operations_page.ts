import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { elsewhere } from '#config/app'
import { mailQueue } from '#mail/queue'
import { letterGroups } from '#messaging/letters'
import { parkedKeys } from '#messaging/parked_keys'
import messaging from '#messaging/service'
import { atWork } from './at_work.ts'
import { outcomeOf, record } from './record.ts'
import { replaysAtWork } from './replays_at_work.ts'
import { pageOfKey } from './shown_letter.ts'
import { TYPES } from './validators.ts'

/** Given-up mails of a module on the page; the rest comes up as these go. */
const MAILS = 20
const RECORDED = 8

/**
 * How messages move, what does not, and what operators did about it.
 *
 * @param attention - how many orders need a person; null where their module runs elsewhere
 */
export function operationsPage(attention: (() => Promise<number>) | null) {
  return async ({ view }: HttpContext) => {
    const modules = messaging.config.modules.map(({ name }) => name)
    const [work, groups, parked, mails, recorded, inAttention] = await Promise.all([
      atWork(),
      ofEach(modules, (module) => letterGroups(db.connection(module), module)),
      ofEach(modules, (module) => parkedKeys(db.connection(module))),
      mailQueue.givenUp(db, MAILS),
      record({ limit: RECORDED }),
      attention?.() ?? 0,
    ])
    return view.render('operations::pages/operations', {
      ...{ work, groups, parked, mails, recorded, modules, elsewhere, pageOfKey, outcomeOf },
      ...{ types: TYPES, attention: inAttention, isAtWork: replaysAtWork.has },
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
