import type { HttpContext } from '@adonisjs/core/http'
import { register } from 'prom-client'
import { Problem } from '#http/problem'
import { mayReadMetrics } from './may_read.ts'
import { scrape } from './scrape.ts'

export default class MetricsController {
  /** @throws Problem 404 `no_such_address` for clients that may not read the metrics */
  async index({ request, response }: HttpContext) {
    if (!mayReadMetrics(request.request)) {
      throw new Problem('no_such_address', 'There is nothing at this address.')
    }
    return response.header('content-type', register.contentType).send(await scrape())
  }
}
