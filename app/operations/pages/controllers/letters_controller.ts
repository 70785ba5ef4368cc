import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { goTo, notice } from '#admin/notices'
import { addressWith } from '#admin/slices'
import { notFound } from '#http/problem'
import { discardLetters, planDiscard } from '#messaging/discard_letters'
import { lettersOf, letterGroups, wholeLetter } from '#messaging/letters'
import { recordAct } from '#messaging/operator_acts'
import { planRedrive, redriveLetters, type Redriven } from '#messaging/redrive_letters'
import messaging from '#messaging/service'
import { operatorOf } from '../operator_of.ts'
import * as says from '../says.ts'
import { masked, pageOfKey, unmasked } from '../shown_letter.ts'
import {
  discardValidator,
  given,
  lettersValidator,
  letterValidator,
  redriveValidator,
  whyValidator,
} from '../validators.ts'

const HOME = '/admin/operations'
const SHOWN = 50
/** A person waits: after so many milliseconds the rest is left, and said to be. */
const REDRIVE_MS = 20_000

/** Messages that could not be handled, and what operators do about them. */
export default class LettersController {
  async index({ request, view }: HttpContext) {
    const query = request.qs()
    const { module, after, ...filter } = await lettersValidator.validate(query)
    const client = db.connection(module)
    const [letters, groups, plan] = await Promise.all([
      lettersOf(client, module, given(filter), { after, limit: SHOWN + 1 }),
      letterGroups(client, module),
      planRedrive(client, module, given(filter)),
    ])
    const rows = letters.slice(0, SHOWN)
    return view.render('operations::pages/letters', {
      ...{ module, filter, plan, rows, query, pageOfKey },
      group: groups.find(({ id }) => id === filter.group) ?? null,
      next: letters.length > SHOWN ? addressWith(query, 'after', String(rows.at(-1)!.id)) : null,
    })
  }

  async show({ params, session, view }: HttpContext) {
    const { module, id } = await letterValidator.validate(params)
    const letter = await wholeLetter(db.connection(module), module, id)
    if (!letter) throw notFound('dead letter')
    const isAsked = session.flashMessages.get('unmasked') === `${module}/${id}`
    const payload = isAsked ? unmasked(letter) : masked(letter)
    return view.render('operations::pages/letter', {
      ...{ module, letter, isAsked, payload, pageOfKey },
    })
  }

  /** Who reads what a customer may have written is on record before it is shown. */
  async unmask(ctx: HttpContext) {
    const { module, id } = await letterValidator.validate(ctx.params)
    const client = db.connection(module)
    const letter = await wholeLetter(client, module, id)
    if (!letter) throw notFound('dead letter')
    ctx.thing = letter.key ?? String(id)
    await recordAct(client, 'read', operatorOf(ctx), { id })
    ctx.session.flash('unmasked', `${module}/${id}`)
    return goTo(ctx, `${HOME}/letters/${module}/${id}`)
  }

  async redrive(ctx: HttpContext) {
    const { module, ...filter } = await redriveValidator.validate(ctx.request.body())
    const signal = AbortSignal.timeout(REDRIVE_MS)
    const done: Redriven[] = []
    for (const { name } of messaging.config.modules) {
      if (module !== undefined && module !== name) continue
      const consumer = messaging.consumer(name)
      done.push(
        await redriveLetters(db.connection(name), consumer, given(filter), operatorOf(ctx), {
          signal,
        })
      )
    }
    notice(ctx, says.redriven(done))
    return goTo(ctx, HOME)
  }

  async confirmDiscard({ request, view }: HttpContext) {
    const { module, ...filter } = await discardValidator.validate(request.qs())
    const { keys, upTo } = await planDiscard(db.connection(module), module, given(filter))
    const letters = keys.reduce((sum, { discarded }) => sum + discarded, 0)
    return view.render('operations::pages/discard', {
      ...{ module, filter, keys, upTo, letters, pageOfKey },
      address: request.url(true),
    })
  }

  async discard(ctx: HttpContext) {
    const body = ctx.request.body()
    const { module, ...filter } = await discardValidator.validate(body)
    const { why } = await whyValidator.validate(body)
    const by = { ...operatorOf(ctx), why }
    const keys = await discardLetters(db.connection(module), module, given(filter), by)
    ctx.thing = keys.flatMap(({ key }) => key ?? [])
    notice(ctx, says.discarded(keys))
    return goTo(ctx, HOME)
  }
}
