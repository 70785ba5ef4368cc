import type { HttpContext } from '@adonisjs/core/http'
import messaging from '#messaging/service'
import { readiness } from '../readiness.ts'

export default class HealthController {
  /** Fails only when this process cannot help itself; one whose event loop is stuck answers nothing at all. */
  live({ response }: HttpContext) {
    const stuck = messaging.stuck()
    if (stuck.length > 0) response.status(503)
    return response.json({ status: stuck.length > 0 ? 'stuck' : 'ok', stuck })
  }

  async ready({ response }: HttpContext) {
    const report = await readiness()
    if (report.status === 'unavailable') response.status(503).header('Retry-After', '1')
    return response.json(report)
  }
}
