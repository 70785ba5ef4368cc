import type { IncomingMessage } from 'node:http'
import type { HttpContext } from '@adonisjs/core/http'
import { mayReadMetrics } from '../metrics/may_read.ts'
import { liveness, publicReport, readiness } from './readiness.ts'

export default class HealthController {
  live({ request, response }: HttpContext) {
    const { status, report } = liveReport(request.request)
    return response.status(status).json(report)
  }

  async ready({ request, response }: HttpContext) {
    const { status, report } = await readyReport(request.request)
    if (status === 503) response.header('Retry-After', '1')
    return response.status(status).json(report)
  }
}

/** /health/live for this caller. */
export function liveReport(request: IncomingMessage) {
  const report = liveness()
  return { status: report.stuck.length > 0 ? 503 : 200, report: readableBy(request, report) }
}

/** /health/ready for this caller. */
export async function readyReport(request: IncomingMessage) {
  const report = await readiness()
  return {
    status: report.status === 'unavailable' ? 503 : 200,
    report: readableBy(request, report),
  }
}

function readableBy<Report extends Parameters<typeof publicReport>[0]>(
  request: IncomingMessage,
  report: Report
): Report {
  return mayReadMetrics(request) ? report : publicReport(report)
}
