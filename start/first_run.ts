/*
 * Before the web process listens: outside production the tables are made, and an empty embedded
 * database gets the demo.
 */
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { runsHere } from '#config/database'
import { setUpDatabases } from '#database/setup'
import { embeddedPostgres } from '#start/environment'
import { isEmpty, seedAdministrator, seedCatalogue } from '#start/demo/seed'

if (!app.inProduction) await setUpDatabases(app, db)

if (app.inDev && embeddedPostgres() && runsHere('inventory') && (await isEmpty())) {
  await seedAdministrator()
  await seedCatalogue()
}
