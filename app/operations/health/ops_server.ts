/*
 * /metrics and /health of a worker process, which serves no other requests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { register } from 'prom-client'
import { mayReadMetrics } from '../metrics/may_read.ts'
import { scrape } from '../metrics/scrape.ts'
import { liveReport, readyReport } from './health_controller.ts'

/**
 * Listens until the process ends.
 *
 * @throws when the port is taken or not permitted
 */
export async function startOpsServer(host: string, port: number) {
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(500).end())
  })
  server.listen(port, host)
  await once(server, 'listening')
  // Open connections do not keep the process alive.
  server.unref()
  server.on('connection', (socket) => socket.unref())
}

async function respond(request: IncomingMessage, response: ServerResponse) {
  const json = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  switch (request.url) {
    case '/health/live': {
      const { status, report } = liveReport(request)
      return json(status, report)
    }
    case '/health/ready': {
      const { status, report } = await readyReport(request)
      return json(status, report)
    }
    case '/metrics':
      if (mayReadMetrics(request)) {
        const figures = await scrape()
        return response.writeHead(200, { 'content-type': register.contentType }).end(figures)
      }
  }
  return json(404, { detail: 'This server has only /metrics, /health/live and /health/ready.' })
}
