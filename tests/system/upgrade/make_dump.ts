/*
 * Makes the dump that every migration is run on: release 0.1.0 itself is started, on Kafka and an empty
 * database, and used over REST and at its desk. Nothing is written past it, but for the two faults that
 * need one: a trigger that fails for one SKU, and a topic that takes only small messages.
 *
 *   PG_DUMP=/usr/lib/postgresql/18/bin/pg_dump node --import=@poppinss/ts-exec tests/system/upgrade/make_dump.ts
 *
 * Run it again only for another release. What it writes: release_<version>.sql.gz, and beside it a .json
 * with what a caller of that shop knows: tokens, sessions, and answers it was given.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import pg from 'pg'
import { startEmbeddedPostgres } from '#database/embedded/server'
import { startBroker } from '#tests/support/kafka/launcher/launcher'
import { APP_ROOT, AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'
import { checkOutRelease, RELEASE } from './release.ts'
import { DemoShop } from './demo_shop.ts'
import { Troubles } from './troubles.ts'

const folder = new URL('./', import.meta.url)
const root = await checkOutRelease()
const home = await dataDirectory()
const server = await startEmbeddedPostgres({ dataDir: home.path, as: 'owner' })
const broker = await startBroker({
  dir: join(home.parent, 'kafka'),
  jarsIn: join(APP_ROOT, '.data/kafka'),
  port: 'free',
})
const appKey = randomBytes(32).toString('hex')
const options = {
  root,
  dataDir: join(home.parent, 'files'),
  databaseUrl: server.url,
  kafka: { brokers: broker.brokers, topicPrefix: '' },
  env: {
    APP_KEY: appKey,
    LOG_LEVEL: 'warn',
    TOKEN_DAYS: '3650',
    ANSWER_TIMEOUT: '1s',
  },
}
/** Nobody listens: mails wait, and have been tried. */
const noMail = { SMTP_URL: 'smtp://127.0.0.1:1' }

try {
  let app = await AppProcess.start(options)
  const shop = new DemoShop(app)
  const troubles = new Troubles(shop, server.url, broker.brokers)
  await shop.hire()
  await shop.stockShelves()
  await shop.trade()
  await shop.work()
  await restarted(noMail)
  await troubles.deadLetters()
  await troubles.parkedKey()
  // From now on nothing is published: what is asked for waits in the outbox.
  await restarted({ ...noMail, WORK: 'off' })
  await shop.askForMore()
  await app.kill('SIGTERM')

  async function restarted(env: Record<string, string>) {
    await app.kill('SIGTERM')
    app = await AppProcess.start({ ...options, env: { ...options.env, ...env } })
    shop.app = app
  }
  const known = { ...RELEASE, madeAt: new Date().toISOString(), appKey, ...shop.known() }
  await writeFile(
    new URL(`release_${RELEASE.version}.json`, folder),
    JSON.stringify(known, null, 2)
  )
  const dump = gzipSync(plain(await dumped(server.url)), { level: 9 })
  await writeFile(new URL(`release_${RELEASE.version}.sql.gz`, folder), dump)
  console.log(await summary(server.url))
} finally {
  await endApps()
  await broker.stop()
  await server.stop()
  await home.remove()
}

async function dumped(url: string): Promise<string> {
  const flags = ['--no-owner', '--inserts', '--rows-per-insert=500', url]
  const most = { maxBuffer: 2 ** 28 }
  const { stdout } = await promisify(execFile)(process.env.PG_DUMP || 'pg_dump', flags, most)
  return stdout
}

/** Removes psql commands, owner and host, so that any client can restore it. */
function plain(sql: string) {
  return sql
    .replace(/^\\.*\n/gm, '')
    .replace(/ FOR ROLE \w+ /g, ' ')
    .replaceAll(`${root}/`, '')
}

async function summary(url: string) {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query(`
    select 'orders ' || status as what, count(*)::int from orders.orders group by status
    union all select 'orders attention', count(*)::int from orders.orders where attention
    union all select 'dead letters ' || reason, count(*)::int from inventory.dead_letters group by reason
    union all select 'parked keys', count(*)::int from orders.parked_keys
    union all select 'imports ' || status, count(*)::int from inventory.stock_imports group by status
    union all select 'mails ' || status, count(*)::int from orders.notifications group by status
    union all select 'unpublished', count(*)::int from orders.outbox where published_at is null`)
  await client.end()
  return rows.map(({ what, count }) => `${what}: ${count}`).join('\n')
}
