import type { HttpContext } from '@adonisjs/core/http'
import { DateTime } from 'luxon'

/** What the staff finds when it comes in. */
export default class TodayController {
  index({ view, zone }: HttpContext) {
    const today = DateTime.now().setZone(zone).toFormat('cccc, d LLLL')
    return view.render('operations::today', { today })
  }
}
