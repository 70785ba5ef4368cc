import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { uuidv7 } from 'uuidv7'
import { goTo, notice } from '#admin/notices'
import { notFound, unprocessable } from '#http/problem'
import { planReplay, type ReplayFilter } from '#messaging/replay_plan'
import { findReplay, startReplay } from '#messaging/replay'
import messaging from '#messaging/service'
import { operatorOf } from '../operator_of.ts'
import { RATE, replaysAtWork } from '../replays_at_work.ts'
import * as says from '../says.ts'
import {
  given,
  moment,
  plannedValidator,
  replayFilterValidator,
  replayValidator,
  TYPES,
} from '../validators.ts'

/** Messages published again, for consumers elsewhere that have lost them. */
export default class ReplaysController {
  /** The dry run: a page with an address, which changes nothing. */
  async plan(ctx: HttpContext) {
    const { request, view } = ctx
    const { module, filter } = await asked(ctx, request.qs())
    const plan = await planReplay(directOf(module), filter)
    return view.render('operations::pages/replay', {
      ...{ module, filter, plan, query: request.qs(), rate: RATE },
      ...{ replay: uuidv7(), types: TYPES },
    })
  }

  /** Publishes what the dry run has shown: no more, and no less without saying so. */
  async store(ctx: HttpContext) {
    const body = ctx.request.body()
    const { upTo, count, replay: id, why } = await plannedValidator.validate(body)
    const { module, filter } = await asked(ctx, body)
    const client = db.connection(module)
    // Sent twice, the form names the same replay.
    if (!(await findReplay(client, id))) {
      const plan = await planReplay(directOf(module), { ...filter, upTo })
      if (plan?.count !== count) {
        throw unprocessable(
          'invalid_fields',
          `The dry run showed ${count} messages, now there are ${plan?.count ?? 0}: some were pruned meanwhile. Look at the new dry run.`
        )
      }
      const by = { ...operatorOf(ctx), why }
      await startReplay(client, plan, { ...filter, upTo }, by, id)
    }
    replaysAtWork.goOn(module, (await findReplay(client, id))!)
    notice(ctx, says.replaying(count))
    return goTo(ctx, '/admin/operations#record')
  }

  async resume(ctx: HttpContext) {
    const { module, id } = await replayValidator.validate(ctx.params)
    ctx.thing = id
    const replay = await findReplay(db.connection(module), id)
    if (!replay) throw notFound('replay')
    if (!replay.finishedAt) replaysAtWork.goOn(module, replay)
    notice(ctx, says.replaying(replay.matched - replay.replayed))
    return goTo(ctx, '/admin/operations#record')
  }
}

/** @throws Problem 422 */
async function asked({ zone }: HttpContext, sent: Record<string, unknown>) {
  const { module, from, to, ...rest } = await replayFilterValidator.validate(sent)
  const times = { from: moment('from', from, zone), to: moment('to', to, zone) }
  const filter: ReplayFilter = given({ ...rest, ...times })
  return { module, filter }
}

function directOf(module: string) {
  return messaging.config.modules.find(({ name }) => name === module)!.direct
}
