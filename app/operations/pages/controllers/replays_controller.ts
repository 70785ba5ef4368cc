import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { uuidv7 } from 'uuidv7'
import { goTo, notice } from '#admin/notices'
import { notFound, unprocessable } from '#http/problem'
import { planReplay, type ReplayFilter } from '#messaging/recovery/replay_plan'
import { findReplay, startReplay } from '#messaging/recovery/replay'
import messaging from '#messaging/service'
import { operatorOf } from '../operator_of.ts'
import { RATE, runningReplays } from '../running_replays.ts'
import * as notices from '../operator_notices.ts'
import {
  given,
  moment,
  plannedValidator,
  replayFilterValidator,
  replayValidator,
  TYPES,
} from '../validators.ts'

/** Replays: messages published again, for consumers that lost them. */
export default class ReplaysController {
  /** The dry run: a page of its own that changes nothing. */
  async plan(ctx: HttpContext) {
    const { request, view } = ctx
    const { module, filter } = await replayRequest(ctx, request.qs())
    const plan = await planReplay(directOf(module), filter)
    return view.render('operations::pages/replay', {
      ...{ module, filter, plan, query: request.qs(), rate: RATE },
      ...{ replay: uuidv7(), types: TYPES },
    })
  }

  /** Publishes the messages of the dry run. Refuses when some of them have been deleted since. */
  async store(ctx: HttpContext) {
    const body = ctx.request.body()
    const { upTo, count, replay: id, why } = await plannedValidator.validate(body)
    const { module, filter } = await replayRequest(ctx, body)
    const client = db.connection(module)
    // A form that is sent twice names the same replay.
    if (!(await findReplay(client, id))) {
      const plan = await planReplay(directOf(module), { ...filter, upTo })
      if (plan?.count !== count) {
        throw unprocessable(
          'invalid_fields',
          `The dry run showed ${count} messages, now there are ${plan?.count ?? 0}: some have been deleted since. Check the new dry run.`
        )
      }
      const by = { ...operatorOf(ctx), why }
      await startReplay(client, plan, { ...filter, upTo }, by, id)
    }
    runningReplays.start(module, (await findReplay(client, id))!)
    notice(ctx, notices.replaying(count))
    return goTo(ctx, '/admin/operations#record')
  }

  async resume(ctx: HttpContext) {
    const { module, id } = await replayValidator.validate(ctx.params)
    ctx.auditSubject = id
    const replay = await findReplay(db.connection(module), id)
    if (!replay) throw notFound('replay')
    if (!replay.finishedAt) runningReplays.start(module, replay)
    notice(ctx, notices.replaying(replay.matched - replay.replayed))
    return goTo(ctx, '/admin/operations#record')
  }
}

/** @throws Problem 422 */
async function replayRequest({ zone }: HttpContext, sent: Record<string, unknown>) {
  const { module, from, to, ...rest } = await replayFilterValidator.validate(sent)
  const times = { from: moment('from', from, zone), to: moment('to', to, zone) }
  const filter: ReplayFilter = given({ ...rest, ...times })
  return { module, filter }
}

function directOf(module: string) {
  return messaging.config.modules.find(({ name }) => name === module)!.direct
}
