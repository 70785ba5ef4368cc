/*
 * A real browser, one for the whole run. It comes with the packages on Linux x64; elsewhere an installed
 * Chrome is taken (`CHROME_PATH` says where it is not found by itself).
 */
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { Person } from '#tests/support/shop'
import type { Role } from '#contracts/actor'

export const base = `http://${process.env.HOST}:${process.env.PORT}`

let browser: Promise<Browser> | null = null

async function launch(): Promise<Browser> {
  if (process.env.CHROME_PATH || process.platform !== 'linux' || process.arch !== 'x64') {
    const executablePath = process.env.CHROME_PATH
    return chromium.launch(executablePath ? { executablePath } : { channel: 'chrome' })
  }
  // Tells the package which of its libraries this Linux needs.
  process.env.AWS_LAMBDA_JS_RUNTIME = 'nodejs22.x'
  const { default: packaged } = await import('@sparticuz/chromium')
  return chromium.launch({
    executablePath: await packaged.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
}

export async function closeBrowser() {
  await (await browser)?.close()
  browser = null
}

export interface Look {
  theme?: 'light' | 'dark'
  size?: 'phone' | 'desktop'
  /** Every page works without. */
  scripts?: boolean
}

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } }

export interface Desk {
  page: Page
  person: Person
  /** What no page may ever do, as it happened: errors in the console, requests to other hosts. */
  faults: string[]
  close(): Promise<void>
}

/** Somebody of the staff at a desk of their own, signed in. */
export async function deskOf(role: Role, name: string, look: Look = {}): Promise<Desk> {
  // With the app in this process; the screenshots have it in another.
  const { person } = await import('#tests/support/shop')
  const desk = await emptyDesk(look)
  const someone = await person(role, name)
  await signIn(desk.page, someone)
  return { ...desk, person: someone }
}

export async function signIn(
  page: Page,
  { email }: Pick<Person, 'email'>,
  password = 'a long password'
) {
  await page.goto(`${base}/admin/login`)
  await page.fill('[name=email]', email!)
  await page.fill('[name=password]', password)
  await page.click('button')
  await page.waitForURL(`${base}/admin`)
}

export async function emptyDesk({ theme = 'light', size = 'desktop', scripts = true }: Look = {}) {
  browser ??= launch()
  const context = await (
    await browser
  ).newContext({
    colorScheme: theme,
    viewport: SIZES[size],
    hasTouch: size === 'phone',
    javaScriptEnabled: scripts,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) {
      faults.push(`asked ${request.url()}`)
    }
  })
  return { page, faults, close: () => context.close() }
}

/** What axe (WCAG 2.2 AA) finds on the page, one line each. */
export async function barriers(page: Page): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze()
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`
  )
}
