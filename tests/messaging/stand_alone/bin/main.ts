/*
 * One message from the outbox to its effect, and one to the dead letters and back.
 */
import 'reflect-metadata'
import { readdir } from 'node:fs/promises'
import { Ignitor } from '@adonisjs/core'

const root = new URL('../', import.meta.url)
const app = new Ignitor(root, {
  importer: (path) => import(path.startsWith('.') ? new URL(path, root).href : path),
}).createApp('console')
await app.init()
await app.boot()
await app.start(() => {})

// Files that nothing above has loaded import only the four folders too.
for (const folder of ['messaging', 'postgres', 'runtime', 'console']) {
  const files = await readdir(new URL(`app/${folder}/`, root), { recursive: true })
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    await import(new URL(`app/${folder}/${file}`, root).href)
  }
}

const { default: db } = await import('@adonisjs/lucid/services/db')
const { waitUntilIdle } = await import('#messaging/testing')
const { setUp } = await import('./set_up.ts')
const { sendParcel } = await import('../app/parcels/send_parcel.ts')
const parcels = db.connection('parcels')
const deliveries = async () => {
  const rows = await parcels.from('deliveries').orderBy('number')
  return rows.map(({ number, grams }) => [number, grams])
}

const installed = await setUp()
await parcels.rawQuery('create table sent (number text primary key, grams int)')
await parcels.rawQuery(
  'create table deliveries (number text primary key, grams int check (grams < 1000))'
)

const messaging = await app.container.make('messaging')
messaging.start()
await sendParcel('A', 250)
await sendParcel('B', 2_500)
await waitUntilIdle(messaging)
const first = await deliveries()
const { warnings } = { warnings: messaging.warnings() }

await parcels.rawQuery('alter table deliveries drop constraint deliveries_grams_check')
const ace = await app.container.make('ace')
ace.addLoader(await import('../start/commands.ts'))
ace.ui.switchMode('raw')
const listed = await ace.exec('deadletters:list', ['--json'])
const redriven = await ace.exec('deadletters:redrive', ['--key=B', '--yes', '--why=fixed'])
const printed = ace.ui.logger.getLogs().map(({ message }) => message)

const report = {
  ...{ installed, first, warnings, exitCodes: [listed.exitCode ?? 0, redriven.exitCode ?? 0] },
  ...{ printed, after: await deliveries() },
}
await app.terminate()
console.log(JSON.stringify(report))
