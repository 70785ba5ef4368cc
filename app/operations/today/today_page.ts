import type { HttpContext } from '@adonisjs/core/http'
import { DateTime } from 'luxon'
import type { TodayPart } from '#contracts/ports/today'

/** The start page for staff. Each module contributes a part. */
export function todayPage(parts: TodayPart[]) {
  return async ({ account, view, zone }: HttpContext) => {
    const reader = { role: account.role, zone }
    const contributions = await Promise.all(
      parts.map(async (part) => ({ part, state: await part.read(reader) }))
    )
    const today = DateTime.now().setZone(zone).toFormat('cccc, d LLLL')
    return view.render('operations::today', { today, contributions })
  }
}
