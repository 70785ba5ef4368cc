import type { HttpContext } from '@adonisjs/core/http'
import { liveness, readiness } from './readiness.ts'

export default class HealthController {
  live({ response }: HttpContext) {
    const report = liveness()
    if (report.stuck.length > 0) response.status(503)
    return response.json(report)
  }

  async ready({ response }: HttpContext) {
    const report = await readiness()
    if (report.status === 'unavailable') response.status(503).header('Retry-After', '1')
    return response.json(report)
  }
}
