/*
 * `npm run screenshots`: pictures of every admin page on a phone and a desktop, light and dark.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { launchEmbeddedPostgres, stopEmbeddedPostgres } from '#database/embedded/server'
import { freePort } from '#tests/support/runner/environment'
import { APP_ROOT, AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'
import { endOnSignal } from '#tests/support/processes/end_on_signal'
import { busyWeek, type BusyWeek, type StaffRole } from './busy_week.ts'
import { shots, type Shot } from './pages.ts'

const HELP = `npm run screenshots -- [options] [part of a page's name …]

  Starts a shop, fills it with a busy week, and takes pictures of every admin page, or of the pages named, on
  a phone and a desktop, light and dark. The images are in .data/screenshots.

  --list      list the names of all pages
  --webp      WebP instead of PNG: a third of the size, for the documentation
  --help      show this text

  Exit codes: 0: every page is as expected; 1: a page has an error; 2: invalid arguments.

Example: npm run screenshots -- --webp operations
`

const FOLDER = join(APP_ROOT, '.data/screenshots')
type Format = 'png' | 'webp'

/** Of an image: a list may go on. */
const MOST_PIXELS = 2_400
const FORMS = (['phone', 'desktop'] as const).flatMap((size) =>
  (['light', 'dark'] as const).map((theme) => ({ size, theme }))
)

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  let options
  try {
    options = readArguments(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\nnpm run screenshots -- --help lists all options.`)
    return 2
  }
  const { chosen, format, all, list, help } = options
  if (help) console.log(HELP)
  if (list) for (const { name } of chosen) console.log(name)
  if (help || list) return 0

  const home = await dataDirectory()
  let closing: Promise<void> | null = null
  const close = () => (closing ??= endApps().then(home.remove))
  endOnSignal(close)
  try {
    const { url } = await launchEmbeddedPostgres(home.path)
    const port = await freePort()
    Object.assign(process.env, { HOST: '127.0.0.1', PORT: String(port) })
    const settings = { LOG_LEVEL: 'warn', RATE_LIMIT: 'off', TIME_ZONE: 'Europe/Berlin' }
    const app = await AppProcess.start({ dataDir: home.path, port, env: settings })
    console.error('… a busy week')
    const week = await busyWeek(app, url)
    if (all) await rm(FOLDER, { recursive: true, force: true })
    await mkdir(FOLDER, { recursive: true })
    const well = await takeAll(
      chosen.filter(({ databaseAway }) => !databaseAway),
      week,
      format
    )
    await stopEmbeddedPostgres(home.path)
    const wellWithout = await takeAll(
      chosen.filter(({ databaseAway }) => databaseAway),
      week,
      format
    )
    console.log(FOLDER)
    return well && wellWithout ? 0 : 1
  } finally {
    await close()
  }
}

/** @throws Error that names the invalid argument */
function readArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      webp: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.find((part) => !shots.some(({ name }) => name.includes(part)))
  if (unknown) throw new Error(`No page is called "${unknown}". --list names them.`)
  const all = positionals.length === 0
  const chosen = shots.filter(({ name }) => all || positionals.some((part) => name.includes(part)))
  const format: Format = values.webp ? 'webp' : 'png'
  return { ...values, chosen, all, format }
}

/** @returns whether each page was there and did nothing that no page may do */
async function takeAll(chosen: Shot[], week: BusyWeek, format: Format): Promise<boolean> {
  const { closeBrowser, emptyDesk, signIn } = await import('#tests/support/browser/browser')
  let well = true
  try {
    for (const form of FORMS) {
      for (const role of new Set(chosen.map(roleOf))) {
        const desk = await emptyDesk(form)
        if (role) await signIn(desk.page, week.staff[role], week.staff[role].password)
        for (const shot of chosen.filter((one) => roleOf(one) === role)) {
          const image = await take(desk.page, shot, week, format).catch(({ message }: Error) => {
            desk.faults.push(message)
          })
          const name = `${shot.name}-${form.size}-${form.theme}`
          if (image) await writeFile(join(FOLDER, `${name}.${format}`), image)
          for (const fault of desk.faults.splice(0)) {
            // The browser's own word for a page that is meant to be missing.
            const meant = shot.status ?? shot.answered
            if (meant && fault.includes(`status of ${meant}`)) continue
            console.error(`${name}: ${fault}`)
            well = false
          }
        }
        await desk.close()
      }
    }
  } finally {
    await closeBrowser()
  }
  return well
}

function roleOf({ as = 'admin' }: Shot): StaffRole | null {
  return as
}

async function take(page: Page, { path, act, status = 200 }: Shot, week: BusyWeek, format: Format) {
  const { base } = await import('#tests/support/browser/browser')
  const { width, height } = page.viewportSize()!
  const answer = await page.goto(base + (typeof path === 'string' ? path : path(week)))
  if (answer?.status() !== status) throw new Error(`answers ${answer?.status()}, not ${status}`)
  await act?.(page, week)
  // What other modules have to tell comes after the page.
  await page.locator('[hx-trigger="load"]').first().waitFor({ state: 'detached' })
  const all = await page.locator('html').evaluate((root) => root.scrollHeight)
  await page.setViewportSize({ width, height: Math.min(Math.max(all, height), MOST_PIXELS) })
  const browser = await page.context().newCDPSession(page)
  const { data } = await browser.send('Page.captureScreenshot', { format, quality: 80 })
  await browser.detach()
  await page.setViewportSize({ width, height })
  return Buffer.from(data, 'base64')
}
