/*
 * `npm run test:upgrade`: release 0.1.0 and the working tree side by side, under load.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbeddedPostgres } from '#database/embedded/server'
import { startBroker } from '#tests/support/kafka/launcher/launcher'
import { administrator } from '#tests/support/processes/administrator'
import {
  ace,
  aceOf,
  aceUntil,
  APP_ROOT,
  AppProcess,
  dataDirectory,
  endApps,
  type AppOptions,
} from '#tests/support/processes/app_process'
import { freePort } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { MixedLoad } from './mixed_load.ts'
import { checkOutRelease, RELEASE } from './release.ts'

type Module = 'orders' | 'inventory'

const HELP = `npm run test:upgrade -- [options]

  Runs one module of release 0.1.0 beside the other module of the working tree, over Kafka and under load.
  Then the tables of the release are migrated while it serves, by a process that is killed and by another, and
  the working tree takes its place, as in an upgrade of one process after the other. The
  same again with the modules exchanged. After each step, the proofs of both modules must be clean. Needs
  Java 17 and Maven.

  --seconds N  seconds of load in each step, 1 to 3600 (30)
  --help       show this text

  Exit codes: 0: every proof is clean; 1: a proof is not clean; 2: invalid arguments.

Example: npm run test:upgrade -- --seconds 60
`

const MODULES: Module[] = ['orders', 'inventory']
const NAMES = { release: `release ${RELEASE.version}`, here: 'the working tree' }

const options = readArguments(process.argv.slice(2))
if (options.help) {
  console.log(HELP)
  process.exit(0)
}

const root = await checkOutRelease()
const home = await dataDirectory()
const server = await startEmbeddedPostgres({ dataDir: home.path, as: 'owner' })
const broker = await startBroker({
  dir: `${home.parent}/kafka`,
  jarsIn: `${APP_ROOT}.data/kafka`,
  port: 'free',
})
let failed = false

try {
  for (const released of MODULES) await sideBySide(released)
} finally {
  await endApps()
  await broker.stop()
  await server.stop()
  await home.remove()
}
process.exit(failed ? 1 : 0)

/** Exits with 2 for invalid arguments. */
function readArguments(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seconds: { type: 'string', default: '30' },
        help: { type: 'boolean', default: false },
      },
    })
    const seconds = Number(values.seconds)
    if (!/^\d+$/.test(values.seconds) || seconds < 1 || seconds > 3_600) {
      throw new Error(
        `--seconds is "${values.seconds}", but must be a whole number from 1 to 3600.`
      )
    }
    return { seconds, help: values.help }
  } catch (error) {
    console.error(
      `${(error as Error).message}\n\nnpm run test:upgrade -- --help lists all options.`
    )
    process.exit(2)
  }
}

/** @param released - the module that the release serves at first; the working tree serves the other */
async function sideBySide(released: Module) {
  const other = MODULES.find((module) => module !== released)!
  const name = `up_${randomBytes(3).toString('hex')}`
  const [people, ...own] = await Promise.all(
    ['accounts', ...MODULES].map((module) => database(`${name}_${module}`))
  )
  const urls = Object.fromEntries(MODULES.map((module, n) => [module, own[n]]))
  const ports = { orders: await freePort(), inventory: await freePort() }
  const optionsOf = (module: Module): AppOptions => ({
    dataDir: `${home.parent}/${name}_${module}`,
    port: ports[module],
    kafka: { brokers: broker.brokers, topicPrefix: `${name}.` },
    env: {
      LOG_LEVEL: 'warn',
      MODULES: module,
      ACCOUNTS_DATABASE_URL: people,
      [`${module.toUpperCase()}_DATABASE_URL`]: urls[module],
      ...(module === 'orders'
        ? { INVENTORY_URL: `http://127.0.0.1:${ports.inventory}` }
        : { ORDERS_URL: `http://127.0.0.1:${ports.orders}` }),
    },
  })
  console.log(`\n${other} of ${NAMES.here} beside ${released} of ${NAMES.release}`)
  // The older one first: the tables that both use are migrated below it, as in an upgrade.
  const apps = {} as Record<Module, AppProcess>
  apps[released] = await AppProcess.start({ ...optionsOf(released), root })
  apps[other] = await AppProcess.start(optionsOf(other))
  const token = await administrator(people)
  const load = new MixedLoad(apps, token)
  await load.stockShelves()
  await load.run(options.seconds)
  await prove(apps, urls, load)

  console.log(`\n${released} of ${NAMES.here} takes the place of ${NAMES.release}, under load`)
  const running = load.run(options.seconds)
  await sleep((options.seconds / 6) * 1_000)
  await migrate(apps[released], released, urls[released])
  await sleep((options.seconds / 6) * 1_000)
  await apps[released].kill('SIGTERM')
  apps[released] = await AppProcess.start(optionsOf(released))
  await running
  await prove(apps, urls, load)
  await endApps()
}

/** Migrates the tables of a release that serves. The first process is killed while it waits for a reader's lock. */
async function migrate({ env }: AppProcess, module: Module, url: string) {
  const reader = new pg.Client(url)
  await reader.connect()
  try {
    await reader.query(`begin; select from ${module}.outbox limit 1`)
    const killed = new AbortController()
    const waiting = aceUntil(killed.signal, env, 'db:setup')
    await eventually('it waits for the lock', async () => {
      const sql = `select count(*)::int as n from pg_locks
        where not granted and relation = '${module}.outbox'::regclass and mode = 'AccessExclusiveLock'`
      return (await count(url, sql)) > 0
    })
    killed.abort()
    await waiting
  } finally {
    await reader.end()
  }
  const { code, stderr } = await ace(env, 'db:setup')
  report(code === 0, `${module}, db:setup beside ${NAMES.release}${stderr && `: ${stderr.trim()}`}`)
}

async function prove(
  apps: Record<Module, AppProcess>,
  urls: Record<string, string>,
  load: MixedLoad
) {
  const states = await load.settled()
  console.log(`  orders: ${JSON.stringify(states)}; asked again: ${load.askedAgain}`)
  for (const [module, proofs] of [
    ['orders', ['messaging:verify', 'operations:reconcile']],
    ['inventory', ['messaging:verify', 'inventory:reconcile']],
  ] as const) {
    for (const proof of proofs) {
      let said = ''
      // What was sent again may still be on its way.
      const clean = await eventually(
        proof,
        async () => {
          const flags = proof === 'messaging:verify' ? ['--older-than=0s'] : []
          const { code, stdout, stderr } = await aceOf(apps[module], proof, ...flags)
          said = (stdout.trim() || stderr.trim()).split('\n').at(-1)!
          return code === 0
        },
        { every: 1_000 }
      ).catch(() => false)
      report(clean, `${module}, ${proof}: ${said}`)
    }
    const letters = await count(
      urls[module],
      `select count(*)::int as n from ${module}.dead_letters`
    )
    report(letters === 0, `${module}, dead letters: ${letters}`)
  }
}

function report(clean: boolean, text: string) {
  failed ||= !clean
  console.log(`  ${clean ? 'ok    ' : 'FAILED'} ${text}`)
}

async function database(name: string): Promise<string> {
  await count(server.url, `create database ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return url.href
}

async function count(url: string, sql: string): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ n: number }>(sql)
    return rows[0]?.n ?? 0
  } finally {
    await client.end()
  }
}
