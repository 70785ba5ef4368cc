/*
 * The composition root of /metrics: what a scrape reads.
 */
// First whose mails there are, then who measures them: preloads run side by side.
import '#start/messaging'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { modules, runsHere } from '#config/database'
import { inventoryFigures } from '#inventory/metrics'
import { mailQueue } from '#mail/queue'
import { watchMessages } from '#operations/readiness'
import { MessagingFigures } from '#operations/metrics/messaging_figures'
import { scraped } from '#operations/metrics/scrape'
import { measurePools, measureProcess, measureWork } from '#operations/metrics/work_gauges'
import { placements } from '#orders/admission_middleware'
import { measurePlacements, ordersFigures } from '#orders/metrics'

const messaging = await app.container.make('messaging')

measureProcess()
measurePools(db, [...modules])
measureWork(messaging)
for (const { name } of messaging.config.modules) {
  const figures = new MessagingFigures(messaging, name, () => db.connection(name))
  watchMessages(scraped(figures), figures)
}
for (const figures of mailQueue.figures(db)) scraped(figures)
if (runsHere('orders')) {
  measurePlacements(placements)
  scraped(ordersFigures)
}
if (runsHere('inventory')) scraped(inventoryFigures)
