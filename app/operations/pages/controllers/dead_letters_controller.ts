import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { goTo, notice } from '#admin/notices'
import { addressWith } from '#admin/pagination'
import { notFound } from '#http/problem'
import { discardDeadLetters, planDiscard } from '#messaging/recovery/discard'
import {
  countDeadLetters,
  listDeadLetters,
  deadLetterGroups,
  readDeadLetter,
} from '#messaging/recovery/dead_letter_queries'
import { recordAction } from '#messaging/recovery/operator_actions'
import { redriveDeadLetters, type Redriven } from '#messaging/recovery/redrive'
import messaging from '#messaging/service'
import { operatorOf } from '../operator_of.ts'
import * as notices from '../operator_notices.ts'
import { payloadText } from '../dead_letter_payload.ts'
import { pageOfKey } from '../key_pages.ts'
import {
  discardValidator,
  given,
  deadLettersValidator,
  deadLetterValidator,
  redriveValidator,
  whyValidator,
} from '../validators.ts'

const HOME = '/admin/operations'
const SHOWN = 50
/** A redrive or discard stops after this long, because a person waits for the page; the notice says so. */
const TIME_LIMIT_MS = 20_000

/** Dead letters, and what operators do with them. */
export default class DeadLettersController {
  async index({ request, view }: HttpContext) {
    const query = request.qs()
    const { module, after, ...filter } = await deadLettersValidator.validate(query)
    const client = db.connection(module)
    const [found, groups, counts] = await Promise.all([
      listDeadLetters(client, module, given(filter), { after, limit: SHOWN + 1 }),
      deadLetterGroups(client, module),
      countDeadLetters(client, module, given(filter)),
    ])
    const rows = found.slice(0, SHOWN)
    return view.render('operations::pages/dead_letters', {
      ...{ module, filter, counts, rows, query, pageOfKey },
      group: groups.find(({ id }) => id === filter.group) ?? null,
      next: found.length > SHOWN ? addressWith(query, 'after', String(rows.at(-1)!.id)) : null,
    })
  }

  async show({ params, session, view }: HttpContext) {
    const { module, id } = await deadLetterValidator.validate(params)
    const deadLetter = await readDeadLetter(db.connection(module), module, id)
    if (!deadLetter) throw notFound('dead letter')
    const isShown = session.flashMessages.get('unmasked') === `${module}/${id}`
    const payload = payloadText(deadLetter, { masked: !isShown })
    return view.render('operations::pages/dead_letter', {
      ...{ module, deadLetter, isShown, payload, pageOfKey },
    })
  }

  /** Records who reads the payload before showing it: it may hold personal data. */
  async unmask(ctx: HttpContext) {
    const { module, id } = await deadLetterValidator.validate(ctx.params)
    const client = db.connection(module)
    const deadLetter = await readDeadLetter(client, module, id)
    if (!deadLetter) throw notFound('dead letter')
    ctx.auditSubject = deadLetter.key ?? String(id)
    await recordAction(client, 'read', operatorOf(ctx), { id })
    ctx.session.flash('unmasked', `${module}/${id}`)
    return goTo(ctx, `${HOME}/letters/${module}/${id}`)
  }

  async redrive(ctx: HttpContext) {
    const { module, ...filter } = await redriveValidator.validate(ctx.request.body())
    const signal = AbortSignal.timeout(TIME_LIMIT_MS)
    const done: Redriven[] = []
    for (const { name } of messaging.config.modules) {
      if (module !== undefined && module !== name) continue
      const consumer = messaging.consumer(name)
      done.push(
        await redriveDeadLetters(db.connection(name), consumer, given(filter), operatorOf(ctx), {
          signal,
        })
      )
    }
    notice(ctx, notices.redriven(done))
    return goTo(ctx, HOME)
  }

  async confirmDiscard({ request, view }: HttpContext) {
    const { module, ...filter } = await discardValidator.validate(request.qs())
    const { keys, upTo } = await planDiscard(db.connection(module), module, given(filter))
    const total = keys.reduce((sum, { discarded }) => sum + discarded, 0)
    return view.render('operations::pages/discard', {
      ...{ module, filter, keys, upTo, total, pageOfKey },
      address: request.url(true),
    })
  }

  async discard(ctx: HttpContext) {
    const body = ctx.request.body()
    const { module, ...filter } = await discardValidator.validate(body)
    const { why } = await whyValidator.validate(body)
    const by = { ...operatorOf(ctx), why }
    const signal = AbortSignal.timeout(TIME_LIMIT_MS)
    const done = await discardDeadLetters(db.connection(module), module, given(filter), by, {
      signal,
    })
    ctx.auditSubject = done.keys.flatMap(({ key }) => key ?? [])
    notice(ctx, notices.discarded(done))
    const rest = addressWith({ module, ...given(filter) }, 'why', null)
    return goTo(ctx, done.finished ? HOME : `${HOME}/letters/discard${rest}`)
  }
}
