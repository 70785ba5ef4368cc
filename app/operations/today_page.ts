import type { HttpContext } from '@adonisjs/core/http'
import { DateTime } from 'luxon'
import type { TodayPart } from '#contracts/today'

/** What the staff finds when it comes in: each module says its part, the page knows none of them. */
export function todayPage(parts: TodayPart[]) {
  return async ({ account, view, zone }: HttpContext) => {
    const reader = { role: account.role, zone }
    const said = await Promise.all(
      parts.map(async (part) => ({ part, state: await part.read(reader) }))
    )
    const today = DateTime.now().setZone(zone).toFormat('cccc, d LLLL')
    return view.render('operations::today', { today, said })
  }
}
