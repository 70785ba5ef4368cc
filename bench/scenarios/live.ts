/*
 * Scenario: cost of idle streams, and time from the commit of a step to its arrival in a stream.
 */
import { mkdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { appBeside, startApp, type AppUnderTest } from '../under_test/app.ts'
import { findFaults, untilSettled } from '../correctness.ts'
import { measureCpu, residentMegabytes } from '../measure/cpu.ts'
import { startDatabase, type DatabaseUnderTest } from '../under_test/database.ts'
import type { Endings } from '../under_test/endings.ts'
import { sendOrders } from '../load/loops.ts'
import { describeMachine, distribution, type Distribution } from '../report.ts'
import { Shop } from '../load/shop.ts'

export interface LiveOptions {
  /** Idle streams, each of a different order. */
  streams: number
  /** Orders per second while steps are timed. */
  rate: number
  seconds: number
}

export interface LiveResult {
  scenario: 'live'
  machine: ReturnType<typeof describeMachine>
  load: LiveOptions
  idle: { megabytes: number; shareOfACore: number | null; others: number }
  /** Milliseconds from a step's commit to its arrival at a reader of all orders. */
  steps: { here: Distribution; elsewhere: Distribution; count: number; missing: number }
  faults: string[]
}

const REST_MS = 10_000

export async function live(options: LiveOptions, endings: Endings): Promise<LiveResult> {
  const machine = describeMachine()
  const dataDir = endings.newDataDirectory()
  const database = await startDatabase(dataDir, false, endings)
  const app = await startApp({ dataDir }, endings)
  const besideDir = join(dataDir, 'beside')
  mkdirSync(besideDir)
  const { url: databaseUrl } = database
  const other = await startApp({ dataDir: besideDir, databaseUrl, token: app.token }, endings)

  const shop = await Shop.open(app)
  await shop.restock(options.streams + options.rate * options.seconds * 2)
  const steps = await timeSteps({ app, other, database, shop }, options)
  const faults = await findFaults(database, appBeside(app), steps.answers)
  // In the process that placed no order: the heap that placements have left behind would hide the streams.
  const idle = await costOfIdle({ app: other, shop, database }, options.streams)
  return { scenario: 'live', machine, load: options, idle, steps: steps.times, faults }
}

interface Running {
  app: AppUnderTest
  database: DatabaseUnderTest
  shop: Shop
}

async function timeSteps(
  { app, other, database, shop }: Running & { other: AppUnderTest },
  { rate, seconds }: LiveOptions
) {
  const [here, elsewhere] = await Promise.all([readAll(app), readAll(other)])
  say(`sending ${rate} orders a second for 5 + ${seconds} s`)
  const { sent } = await sendOrders(shop, { rate, seconds, warmUpSeconds: 5, onMeasuring() {} })
  const answers = await Promise.all(sent)
  await untilSettled(database)
  await sleep(2_000)
  here.socket.destroy()
  elsewhere.socket.destroy()

  const since = answers.find(({ counted }) => counted)!.intendedAt
  const rows = await database.query<{ step: string; at: number }>(
    `select order_id || ' ' || sequence as step,
       (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at
     from orders.timeline_steps where pg_xact_commit_timestamp(xmin) >= to_timestamp($1)`,
    [since / 1_000]
  )
  const late = (arrived: Map<string, number>) =>
    rows.filter(({ step }) => arrived.has(step)).map(({ step, at }) => arrived.get(step)! - at)
  const times = {
    here: distribution(late(here.arrived)),
    elsewhere: distribution(late(elsewhere.arrived)),
    count: rows.length,
    missing: rows.filter(({ step }) => !here.arrived.has(step) || !elsewhere.arrived.has(step))
      .length,
  }
  return { answers, times }
}

async function costOfIdle({ app, shop, database }: Running, streams: number) {
  say(`placing ${streams} orders, and following each`)
  const ids: string[] = []
  while (ids.length < streams) {
    const placed = await Promise.all(Array.from({ length: 20 }, () => shop.placeOrder()))
    ids.push(...placed.flatMap(({ orderId }) => orderId ?? []))
  }
  await untilSettled(database)
  await sleep(REST_MS)
  const before = residentMegabytes(app.pid)!
  const sockets: Socket[] = []
  for (const id of ids.slice(0, streams))
    sockets.push(await open(app, `/api/v1/orders/${id}/events`))
  await sleep(REST_MS)
  const endCpu = measureCpu({ app: app.pid })
  const seconds = 32 // two heartbeats
  await sleep(seconds * 1_000)
  const { parts, others } = endCpu()
  const megabytes = residentMegabytes(app.pid)! - before
  const dead = sockets.filter(({ destroyed }) => destroyed).length
  if (dead > 0) throw new Error(`${dead} of ${streams} idle streams were ended`)
  for (const socket of sockets) socket.destroy()
  return { megabytes, shareOfACore: parts.app && parts.app / (seconds * 1_000), others }
}

/** Follows all orders and records the arrival of each step. */
async function readAll(app: AppUnderTest) {
  const socket = await open(app, '/api/v1/orders/events')
  const arrived = new Map<string, number>()
  let text = ''
  socket.on('data', (chunk) => {
    const at = performance.timeOrigin + performance.now()
    text += chunk
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (!data) continue
      const { orderId, sequence } = JSON.parse(data)
      arrived.set(`${orderId} ${sequence}`, at)
    }
  })
  return { socket, arrived }
}

/** Opens a stream and waits for its first bytes. */
async function open({ url, token }: AppUnderTest, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n\r\n`
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('data', (head: string) => {
      if (head.startsWith('HTTP/1.1 200')) resolve()
      else reject(new Error(head.split('\r\n')[0]))
    })
    socket.once('close', () => reject(new Error(`${path} was closed`)))
  })
  return socket.resume()
}

export function liveTable({ machine, load, idle, steps, faults }: LiveResult): string {
  const { cpu, cores, node, date, load: busy } = machine
  const ms = ({ p50, p99, max }: Distribution) => [p50, p99, max].map((each) => each.toFixed(1))
  const share = idle.shareOfACore === null ? '–' : `${(idle.shareOfACore * 100).toFixed(1)} %`
  return [
    `### live, ${load.rate} orders/s for ${load.seconds} s`,
    '',
    '| ms from a step’s commit to its arrival | p50 | p99 | max |',
    '| --- | --: | --: | --: |',
    `| through the process that made it | ${ms(steps.here).join(' | ')} |`,
    `| through another process | ${ms(steps.elsewhere).join(' | ')} |`,
    '',
    `- ${steps.count} steps, ${steps.missing} of them missing in a stream`,
    `- ${load.streams} idle streams: ${idle.megabytes} MB more, ${share} of a core; meanwhile others used ${(idle.others * 100).toFixed(1)} % of all`,
    `- ${cpu}, ${cores} cores, Node ${node}, ${date}, load before ${busy}`,
    '',
    faults.length === 0
      ? 'Correct: nothing lost, stuck or told twice, stock adds up.'
      : faults.join('\n'),
  ].join('\n')
}

function say(what: string) {
  console.error(`… ${what}`)
}
