import type { HttpContext } from '@adonisjs/core/http'
import vine from '@vinejs/vine'
import { goTo, notice } from '#admin/notices'
import Account from '../../models/account.ts'

const PATH = '/admin/account/low-stock'

const choiceValidator = vine.compile(
  vine.object({
    mail: vine.enum(['never', 'at_once', 'daily']),
    hour: vine.number().withoutDecimals().min(0).max(23),
  })
)

/** The signed-in person's choice of low-stock mails. */
export default class LowStockMailsController {
  async edit({ account, view }: HttpContext) {
    const { lowStockMail, lowStockHour } = await Account.findOrFail(account.id)
    return view.render('accounts::pages/low_stock_mails', {
      mail: lowStockMail,
      hour: lowStockHour,
    })
  }

  async update(ctx: HttpContext) {
    const { mail, hour } = await choiceValidator.validate(ctx.request.body())
    const me = await Account.findOrFail(ctx.account.id)
    const before = inWords(me.lowStockMail ?? 'never', me.lowStockHour)
    await me.merge({ lowStockMail: mail === 'never' ? null : mail, lowStockHour: hour }).save()
    notice(ctx, { about: 'Low-stock mails', text: `${before} → ${inWords(mail, hour)}` })
    return goTo(ctx, PATH)
  }
}

function inWords(mail: string, hour: number) {
  if (mail === 'daily') return `daily at ${hour}:00`
  return mail === 'at_once' ? 'immediately' : 'never'
}
