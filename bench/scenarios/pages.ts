/*
 * Scenario: admin list pages with many SKUs, orders and movements: server time, weight with all assets, and first
 * paint in a browser.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { measureCpu } from '../measure/cpu.ts'
import { startApp, type AppUnderTest } from '../under_test/app.ts'
import { startDatabase, type DatabaseUnderTest } from '../under_test/database.ts'
import type { Endings } from '../under_test/endings.ts'
import { BUSY_MOVEMENTS, BUSY_SKU, SKUS, storePages } from './pages_stored.ts'
import { describeMachine, distribution, type Distribution } from '../report.ts'

/** Warm-up requests, so that the code is compiled. The first request is reported separately. */
const WARM_UP = 50
/** Minimum number of requests for a meaningful p99. */
const REQUESTS = 300
const PAINTS = 5

/** On the receipt that is scanned to. */
const LINES = 200

/** Bounds: server time in milliseconds, weight in bytes, first contentful paint in milliseconds. */
const MOST = { p99: 50, bytes: 60 * 1024, paint: 300 }
/** Of the page of an SKU with a million movements, also when it is asked for the first time; of a scan's answer. */
const MOST_BUSY = 200
const MOST_SCAN = 100

const PAGES = [
  '/admin',
  '/admin/stock',
  '/admin/stock?level=low',
  '/admin/stock?sort=name',
  '/admin/stock?sort=onHand',
  '/admin/stock?sort=-available',
  '/admin/stock?q=00777',
  '/admin/stock/movements',
  '/admin/stock/movements?kind=restock',
  `/admin/stock/${BUSY_SKU}`,
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
  /** Time of the first request. */
  firstMs: number
  /** Times after the warm-up. */
  ms: Distribution
  /** CPU milliseconds of a request, of the app and its database together; null if unknown. */
  cpuMs: number | null
  /** With stylesheet and scripts, compressed; null for a form. */
  bytes: number | null
  /** Median first contentful paint with an empty cache; null for a form. */
  paintMs: number | null
}

export interface PagesResult {
  scenario: 'pages'
  machine: ReturnType<typeof describeMachine>
  stored: { skus: number; orders: number; movements: number }
  pages: MeasuredPage[]
  faults: string[]
}

/** @param orders - number of stored orders, each with one movement */
export async function pages(orders: number, endings: Endings): Promise<PagesResult> {
  const machine = describeMachine()
  const dataDir = endings.newDataDirectory()
  const database = await startDatabase(dataDir, false, endings)
  const app = await startApp({ dataDir }, endings)
  await storePages(database, orders)

  const administrator = JSON.parse(readFileSync(join(dataDir, 'administrator.json'), 'utf8'))
  const desk = await sitDown(app, administrator, endings)
  const measured: MeasuredPage[] = []
  for (const path of PAGES) {
    console.error(`… ${path}`)
    measured.push(await measure(app, desk, path, database))
  }
  console.error('… scans')
  measured.push(await measureScans(app, desk, database))
  const stored = { skus: SKUS, orders, movements: orders + SKUS + BUSY_MOVEMENTS }
  return { scenario: 'pages', machine, stored, pages: measured, faults: faultsOf(measured) }
}

/** Opens a browser whose session the plain requests share. */
async function sitDown(
  { url }: AppUnderTest,
  { email, password }: { email: string; password: string },
  endings: Endings
) {
  const { hostname, port } = new URL(url)
  Object.assign(process.env, { HOST: hostname, PORT: port })
  const { closeBrowser, emptyDesk, signIn } = await import('#tests/support/browser/browser')
  endings.add({ end: closeBrowser, endNow: () => void closeBrowser() })
  const { page } = await emptyDesk()
  await signIn(page, { email }, password)
  const cookies = await page.context().cookies()
  return { page, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }
}

type Desk = Awaited<ReturnType<typeof sitDown>>

async function measure(
  app: AppUnderTest,
  { page, cookie }: Desk,
  path: string,
  database: DatabaseUnderTest
): Promise<MeasuredPage> {
  const url = app.url + path
  let html = ''
  const ask = async () => {
    const answer = await fetch(url, { headers: { cookie }, redirect: 'manual' })
    html = await answer.text()
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`)
  }
  const timed = await time(ask, WARM_UP, app, database)
  const paints: number[] = []
  const browser = await page.context().newCDPSession(page)
  await browser.send('Network.enable')
  await browser.send('Network.setCacheDisabled', { cacheDisabled: true })
  for (let n = 0; n < PAINTS; n++) {
    await page.goto(url)
    paints.push(await page.evaluate<number>(FIRST_PAINT))
  }
  await browser.detach()
  const bytes = gzipSync(html).length + (await loadedBytes(app.url, html))
  return { path, ...timed, bytes, paintMs: distribution(paints).p50 }
}

/** Scans as the page's script sends them. The warm-up fills the receipt. */
async function measureScans(
  app: AppUnderTest,
  { cookie }: Desk,
  database: DatabaseUnderTest
): Promise<MeasuredPage> {
  const page = await fetch(`${app.url}/admin/stock/receive`, { headers: { cookie } })
  const html = await page.text()
  const [, account] = /<scan-desk account="([^"]+)"/.exec(html)!
  const [, csrf] = /name="_csrf" value="([^"]+)"/.exec(html)!
  let scanned = 0
  const scan = async () => {
    const code = `SKU-${String(1 + (scanned++ % LINES)).padStart(6, '0')}`
    const answer = await fetch(`${app.url}/admin/stock/receive/scans`, {
      method: 'POST',
      headers: { cookie, 'x-receive': account },
      body: new URLSearchParams({ _csrf: csrf, _key: randomUUID(), code }),
    })
    const text = await answer.text()
    if (answer.status !== 200 || !text.includes(`<b>${code}</b>`))
      throw new Error(`${code} is not answered`)
  }
  const path = `a scan, ${LINES} lines on the receipt`
  return { path, ...(await time(scan, LINES, app, database)), bytes: null, paintMs: null }
}

/** @param ask - sends one request and reads the response */
async function time(
  ask: () => Promise<void>,
  warmUp: number,
  { pid }: AppUnderTest,
  database: DatabaseUnderTest
): Promise<Pick<MeasuredPage, 'firstMs' | 'ms' | 'cpuMs'>> {
  const took: number[] = []
  let used = measureCpu({})
  for (let n = -warmUp; n < REQUESTS; n++) {
    if (n === 0) used = measureCpu({ app: pid, database: database.pid })
    const began = performance.now()
    await ask()
    took.push(performance.now() - began)
  }
  const { app, database: ofDatabase } = used().parts
  const cpuMs = app === null || ofDatabase === null ? null : (app + ofDatabase) / REQUESTS
  return { firstMs: took[0], ms: distribution(took.slice(warmUp)), cpuMs }
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
  return measured.flatMap(({ path, firstMs, ms, bytes, paintMs }) => {
    const isBusy = path.endsWith(BUSY_SKU)
    const p99 = isBusy ? MOST_BUSY : bytes === null ? MOST_SCAN : MOST.p99
    return [
      ...(ms.p99 > p99 ? [`${path}: p99 ${ms.p99.toFixed(1)} ms`] : []),
      ...(isBusy && firstMs > MOST_BUSY ? [`${path}: first ${firstMs.toFixed(0)} ms`] : []),
      ...(bytes !== null && bytes > MOST.bytes ? [`${path}: ${kilobytes(bytes)} KB`] : []),
      ...(paintMs !== null && paintMs > MOST.paint
        ? [`${path}: first paint after ${paintMs.toFixed(0)} ms`]
        : []),
    ]
  })
}

export function pagesTable({ machine, stored, pages: measured, faults }: PagesResult): string {
  const { cpu: model, cores, node, date, load } = machine
  return [
    `### pages, with ${stored.skus} SKUs, ${stored.orders} orders and ${stored.movements} movements`,
    '',
    '| page | first ms | p50 ms | p99 ms | CPU ms | KB, compressed, with everything | first contentful paint, ms |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...measured.map(({ path, firstMs, ms, cpuMs, bytes, paintMs }) => {
      const cells = [
        firstMs.toFixed(0),
        ms.p50.toFixed(1),
        ms.p99.toFixed(1),
        cpuMs?.toFixed(1) ?? '?',
        bytes === null ? '' : kilobytes(bytes),
        paintMs?.toFixed(0) ?? '',
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
