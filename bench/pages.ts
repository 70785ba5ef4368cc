/*
 * The scenario: the list pages of the staff with many SKUs, orders and movements: how long the app takes, what
 * a page weighs with all that it loads, and how soon a browser shows it.
 */
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { measureCpu } from './cpu.ts'
import { startApp, type AppUnderTest } from './app_under_test.ts'
import { startDatabase, type DatabaseUnderTest } from './database_under_test.ts'
import type { Endings } from './endings.ts'
import { describeMachine, distribution, type Distribution } from './report.ts'

const SKUS = 100_000
const WARM_UP = 10
const REQUESTS = 100
const PAINTS = 5

/** What is promised: server time in milliseconds, weight in bytes, first contentful paint in milliseconds. */
const MOST = { p99: 50, bytes: 60 * 1024, paint: 300 }

const PAGES = [
  '/admin',
  '/admin/stock',
  '/admin/stock?level=low',
  '/admin/stock?sort=-available',
  '/admin/stock?q=00777',
  '/admin/stock/movements',
  '/admin/stock/movements?kind=restock',
  '/admin/stock/SKU-000777',
  '/admin/stock/imports',
  '/admin/orders',
  '/admin/orders?status=confirmed',
  '/admin/orders?q=SKU-000777',
  '/admin/people',
  '/admin/audit',
]

interface MeasuredPage {
  path: string
  /** From the request to the end of its answer. */
  ms: Distribution
  /** CPU milliseconds of a request, of the app and its database together; null where the system does not tell. */
  cpuMs: number | null
  /** With stylesheet and scripts, each compressed. */
  bytes: number
  /** With an empty cache: the one in the middle of some. */
  paintMs: number
}

export interface PagesResult {
  scenario: 'pages'
  machine: ReturnType<typeof describeMachine>
  stored: { skus: number; orders: number; movements: number }
  pages: MeasuredPage[]
  faults: string[]
}

/** @param orders - stored; each has moved its SKU's stock once */
export async function pages(orders: number, endings: Endings): Promise<PagesResult> {
  const machine = describeMachine()
  const dataDir = mkdtempSync(join(tmpdir(), 'quartermaster-bench-'))
  endings.addFolder(dataDir)
  chmodSync(dataDir, 0o711)
  const database = await startDatabase(dataDir, false, endings)
  const app = await startApp({ dataDir }, endings)
  await store(database, orders)

  const administrator = JSON.parse(readFileSync(join(dataDir, 'administrator.json'), 'utf8'))
  const desk = await sitDown(app, administrator, endings)
  const measured: MeasuredPage[] = []
  for (const path of PAGES) {
    console.error(`… ${path}`)
    const page = await measure(app, desk, path, database)
    if (page) measured.push(page)
  }
  const stored = { skus: SKUS, orders, movements: orders + SKUS }
  return { scenario: 'pages', machine, stored, pages: measured, faults: faultsOf(measured) }
}

/** Orders of one line, one each ten seconds, the newest now; one of a thousand waits for an answer. */
async function store(database: DatabaseUnderTest, orders: number) {
  console.error(`… storing ${SKUS} SKUs, and ${orders} orders with a movement each`)
  await database.query(
    `insert into inventory.stock_items (sku, name, price_amount, price_currency, on_hand, reserved, low_stock_at)
     select 'SKU-' || lpad(n::text, 6, '0'), 'Product number ' || n, 1250, 'EUR', n % 97, 0, 5
     from generate_series(1, $1::int) as n`,
    [SKUS]
  )
  await database.query(
    `insert into inventory.movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor, at)
     select uuidv7(-interval '200 days'), sku, 'restock', on_hand, 0, on_hand, 0,
       '{"kind": "system", "id": null, "name": null}', now() - interval '200 days'
     from inventory.stock_items`
  )
  await database.query(
    `with placed as (
       insert into orders.orders (id, status, revision, held_revision, email, name, currency, placed_at, updated_at, fulfilled_at)
       select uuidv7(age), status, 1, 1, 'person-' || n % 5000 || '@example.com', 'Person', 'EUR',
         now() + age, now() + age, case when status = 'fulfilled' then now() + age end
       from (
         select n, -n * interval '10 seconds' as age,
           case when n % 1000 = 0 then 'pending' when n % 50 = 0 then 'confirmed' when n % 17 = 0 then 'cancelled'
             when n % 23 = 0 then 'rejected' else 'fulfilled' end as status
         from generate_series(0, $1::int - 1) as n) as each
       returning id
     ), line as (
       insert into orders.order_lines (order_id, revision, position, sku, name, quantity, unit_price)
       select id, 1, 1, 'SKU-' || lpad((1 + row_number() over () % $2::int)::text, 6, '0'), 'Product', 1, 1250
       from placed
       returning order_id, sku
     )
     insert into inventory.movements (id, sku, kind, on_hand_delta, reserved_delta, on_hand, reserved, actor,
                                      order_id, revision, at)
     select order_id, sku, 'reserve', 0, 1, 40, 1, '{"kind": "system", "id": null, "name": null}', order_id, 1, now()
     from line`,
    [orders, SKUS]
  )
  for (const table of [
    'orders.orders',
    'orders.order_lines',
    'inventory.stock_items',
    'inventory.movements',
  ]) {
    await database.query(`vacuum analyze ${table}`)
  }
}

/** In a browser, whose session the plain requests share. */
async function sitDown(
  { url }: AppUnderTest,
  { email, password }: { email: string; password: string },
  endings: Endings
) {
  const { hostname, port } = new URL(url)
  Object.assign(process.env, { HOST: hostname, PORT: port })
  const { closeBrowser, emptyDesk, signIn } = await import('#tests/browser')
  endings.add({ end: closeBrowser, endNow: () => void closeBrowser() })
  const { page } = await emptyDesk()
  await signIn(page, { email }, password)
  const cookies = await page.context().cookies()
  return { page, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }
}

type Desk = Awaited<ReturnType<typeof sitDown>>

/** @returns null where there is no such page */
async function measure(
  { url, pid }: AppUnderTest,
  { page, cookie }: Desk,
  path: string,
  database: DatabaseUnderTest
): Promise<MeasuredPage | null> {
  const took: number[] = []
  let html = ''
  let used = measureCpu({})
  for (let n = -WARM_UP; n < REQUESTS; n++) {
    if (n === 0) used = measureCpu({ app: pid, database: database.pid })
    const began = performance.now()
    const answer = await fetch(url + path, { headers: { cookie }, redirect: 'manual' })
    html = await answer.text()
    if (answer.status === 404) return null
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`)
    if (n >= 0) took.push(performance.now() - began)
  }
  const { app, database: ofDatabase } = used().parts
  const cpuMs = app === null || ofDatabase === null ? null : (app + ofDatabase) / REQUESTS
  const paints: number[] = []
  const browser = await page.context().newCDPSession(page)
  await browser.send('Network.enable')
  await browser.send('Network.setCacheDisabled', { cacheDisabled: true })
  for (let n = 0; n < PAINTS; n++) {
    await page.goto(url + path)
    paints.push(await page.evaluate<number>(FIRST_PAINT))
  }
  await browser.detach()
  const bytes = gzipSync(html).length + (await loadedBytes(url, html))
  return { path, ms: distribution(took), cpuMs, bytes, paintMs: distribution(paints).p50 }
}

/** Resolves when the browser has painted the first text. */
const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list, observer) => {
    const [paint] = list.getEntriesByName('first-contentful-paint')
    if (!paint) return
    observer.disconnect()
    resolve(paint.startTime)
  }).observe({ type: 'paint', buffered: true })
})`

async function loadedBytes(url: string, html: string): Promise<number> {
  const loaded = [...html.matchAll(/(?:href|src)="(\/admin\/assets\/[^"]+)"/g)].map(
    ([, path]) => path
  )
  const sizes = loaded.map(async (path) => {
    const answer = await fetch(url + path)
    return gzipSync(Buffer.from(await answer.arrayBuffer())).length
  })
  const all = await Promise.all(sizes)
  return all.reduce((sum, size) => sum + size, 0)
}

function faultsOf(measured: MeasuredPage[]): string[] {
  return measured.flatMap(({ path, ms, bytes, paintMs }) => [
    ...(ms.p99 > MOST.p99 ? [`${path}: p99 ${ms.p99.toFixed(1)} ms`] : []),
    ...(bytes > MOST.bytes ? [`${path}: ${kilobytes(bytes)} KB`] : []),
    ...(paintMs > MOST.paint ? [`${path}: first paint after ${paintMs.toFixed(0)} ms`] : []),
  ])
}

export function pagesTable({ machine, stored, pages: measured, faults }: PagesResult): string {
  const { cpu: model, cores, node, date, load } = machine
  return [
    `### pages, with ${stored.skus} SKUs, ${stored.orders} orders and ${stored.movements} movements`,
    '',
    '| page | p50 ms | p99 ms | CPU ms | KB, compressed, with everything | first contentful paint, ms |',
    '| --- | --: | --: | --: | --: | --: |',
    ...measured.map(({ path, ms, cpuMs, bytes, paintMs }) => {
      const cpu = cpuMs?.toFixed(1) ?? '?'
      const cells = [
        ms.p50.toFixed(1),
        ms.p99.toFixed(1),
        cpu,
        kilobytes(bytes),
        paintMs.toFixed(0),
      ]
      return `| ${path} | ${cells.join(' | ')} |`
    }),
    '',
    ...faults.map((fault) => `- over its bound: ${fault}`),
    `- ${model}, ${cores} cores, Node ${node}, ${date}, load before ${load}`,
  ].join('\n')
}

function kilobytes(bytes: number) {
  return (bytes / 1024).toFixed(1)
}
