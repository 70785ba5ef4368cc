/*
 * The metrics of all modules, for /metrics.
 */
// The mail sources must be registered first, and preloads run concurrently.
import '#start/messaging'
import '#accounts/sign_in/metrics'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { modules, runsHere } from '#config/database'
import { openStreams } from '#http/server/event_stream'
import { measureConnections } from '#http/server/metrics'
import { unfinishedBodies } from '#http/server/unfinished_bodies'
import { inventoryFigures } from '#inventory/metrics'
import { mailQueue } from '#mail/queue'
import { observeFigures } from '#operations/health/readiness'
import { MessagingFigures } from '#operations/metrics/messaging_figures'
import { scraped } from '#operations/metrics/scrape'
import { workerRoles } from '#operations/metrics/worker_roles'
import { measurePools, measureProcess, measureWork } from '#operations/metrics/process_gauges'
import { placements } from '#orders/api/admission/admission'
import { measurePlacements, ordersFigures } from '#orders/metrics'
import { rolesOf } from '#start/workers/workers'

const messaging = await app.container.make('messaging')

measureProcess()
measureConnections({ streams: openStreams, unfinishedBodies: () => unfinishedBodies.count })
measurePools(db, [...modules])
measureWork(messaging)
for (const { name } of messaging.config.modules) {
  const figures = new MessagingFigures(messaging, name, () => db.connection(name))
  observeFigures(scraped(figures), figures)
}
workerRoles.use(
  messaging.config.modules.map(({ name }) => ({
    module: name,
    client: () => db.connection(name),
    roles: rolesOf(name),
  }))
)
observeFigures(scraped(workerRoles), workerRoles)
for (const figures of mailQueue.figures(db)) scraped(figures)
if (runsHere('orders')) {
  measurePlacements(placements)
  scraped(ordersFigures)
}
if (runsHere('inventory')) scraped(inventoryFigures)
