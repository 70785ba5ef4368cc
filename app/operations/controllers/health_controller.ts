import type { HttpContext } from '@adonisjs/core/http'
import { readiness } from '../readiness.ts'

export default class HealthController {
  /** Fails only when this process cannot help itself; then it does not answer at all. */
  live() {
    return { status: 'ok' }
  }

  async ready({ response }: HttpContext) {
    const report = await readiness()
    if (report.status === 'unavailable') response.status(503).header('Retry-After', '1')
    return response.json(report)
  }
}
