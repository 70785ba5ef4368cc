/*
 * Runs before the web process listens. Outside production it migrates the tables and seeds an empty embedded
 * database with the demo.
 */
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { runsHere } from '#config/database'
import { changedDecimalsLine } from '#database/changed_decimals'
import { setUpDatabases } from '#database/setup'
import { isEmpty, seedAdministrator, seedCatalogue } from '#demo/seed'
import { embeddedPostgres } from '#start/environment'

if (!app.inProduction) {
  const reports = await setUpDatabases(app, db)
  const changed = reports.flatMap(({ changedDecimals }) => changedDecimals)
  for (const each of changed) logger.warn(changedDecimalsLine(each))
}

if (app.inDev && embeddedPostgres() && runsHere('inventory') && (await isEmpty())) {
  await seedAdministrator()
  await seedCatalogue()
}
