/*
 * What `npm run screenshots` looks at: a page is one entry here.
 */
import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { eventually } from '#tests/support/eventually'
import type { BusyWeek } from './busy_week.ts'
import { ONE_IMPORT } from './people_and_files.ts'

export interface Shot {
  /** Of the file, before its form. */
  name: string
  /** The address, once the shop is there. */
  path: string | ((week: BusyWeek) => string)
  /** Who looks; nobody is signed in for null. An administrator where it is left out. */
  as?: 'clerk' | 'operator' | 'admin' | null
  /** Where it is not 200. */
  status?: number
  /** What a form is answered with on the way, where it is no page: the browser says so. */
  answered?: number
  /** Taken last, when the database has been stopped. */
  databaseAway?: true
  /** What is done on the page before the picture is taken. */
  act?: (page: Page, week: BusyWeek) => Promise<unknown>
}

export const shots: Shot[] = [
  { name: 'login', path: '/admin/login', as: null },
  { name: 'today', path: '/admin' },
  { name: 'stock', path: '/admin/stock', as: 'clerk' },
  { name: 'stock-low', path: '/admin/stock?level=low', as: 'clerk' },
  { name: 'stock-operator', path: '/admin/stock?sort=-available', as: 'operator' },
  {
    name: 'stock-selected',
    path: '/admin/stock',
    as: 'clerk',
    act: async (page) => {
      for (const sku of ['MUG-RED', 'TEA-GREEN']) await page.getByLabel(`Select ${sku}`).check()
      await page.getByLabel('Restock each by').fill('24')
    },
  },
  {
    name: 'stock-restocked',
    path: '/admin/stock?q=tray',
    as: 'clerk',
    act: async (page) => {
      await page.getByLabel('Restock TRAY-OAK by').fill('6')
      await page.keyboard.press('Enter')
      await page.getByText('restocked by').waitFor()
    },
  },
  { name: 'stock-nothing', path: '/admin/stock?q=unicorn', as: 'clerk' },
  { name: 'item', path: '/admin/stock/MUG-RED', as: 'clerk' },
  {
    name: 'item-refused',
    path: '/admin/stock/MUG-RED',
    as: 'clerk',
    act: async (page) => {
      await page.getByLabel('By', { exact: true }).fill('-900')
      await page.getByLabel('Reason').selectOption('loss')
      await page.getByRole('button', { name: 'Adjust', exact: true }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'item-booked',
    path: '/admin/stock/MUG-RED',
    as: 'clerk',
    act: async (page) => {
      for (const outcome of [/restocked by|Already booked/, 'Already booked?']) {
        await page.getByLabel('Received').fill('3')
        await page.getByLabel('Reference').fill('LS-88')
        await page.getByRole('button', { name: 'Restock', exact: true }).click()
        await page.getByText(outcome).first().waitFor()
      }
    },
  },
  { name: 'product-new', path: '/admin/stock/new', as: 'clerk' },
  { name: 'product-edit', path: '/admin/stock/TEA-GREEN/edit', as: 'clerk' },
  { name: 'ledger', path: '/admin/stock/movements', as: 'operator' },
  {
    name: 'receive',
    path: '/admin/stock/receive',
    as: 'clerk',
    act: async (page) => {
      await scanEach(page, ['TEA-GREEN*12', 'BOWL-GREEN*6', '4006381333931*2', 'MUG-RED'])
      await page.getByText('on hand become').waitFor()
    },
  },
  {
    name: 'receive-unknown',
    path: '/admin/stock/receive',
    as: 'clerk',
    act: async (page) => {
      await scanEach(page, ['TEA-GREEM'])
      await page.getByText('Unknown code', { exact: true }).waitFor()
    },
  },
  {
    name: 'receive-set-aside',
    path: '/admin/stock/receive',
    as: 'clerk',
    act: async (page) => {
      await page.route('**/receive/scans', (route) => route.fulfill({ status: 500, body: '' }))
      await scanEach(page, ['MUG-RED*3'])
      await page.locator('#aside .notice').waitFor()
      await page.unroute('**/receive/scans')
    },
    answered: 500,
  },
  { name: 'receive-review', path: '/admin/stock/receive/review', as: 'clerk' },
  {
    name: 'receive-code',
    path: '/admin/stock/receive/codes?code=4006381333931&q=mug',
    as: 'clerk',
  },
  { name: 'receive-discard', path: '/admin/stock/receive/discard', as: 'clerk' },
  { name: 'imports', path: '/admin/stock/imports', as: 'clerk' },
  { name: 'import-guide', path: '/admin/stock/imports/guide', as: 'clerk' },
  {
    name: 'import-with-errors',
    path: ({ imports }) => `/admin/stock/imports/${imports.withErrors}`,
    as: 'clerk',
  },
  {
    name: 'import-applied',
    path: ({ imports }) => `/admin/stock/imports/${imports.applied}`,
    as: 'clerk',
  },
  {
    name: 'import-repeated',
    path: '/admin/stock/imports',
    as: 'clerk',
    act: async (page) => {
      const file = {
        name: 'count-again.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(ONE_IMPORT),
      }
      await page.locator('input[type=file]').setInputFiles(file)
      await page.getByRole('button', { name: 'Start dry run' }).click()
      await page.getByText('This file was applied before').waitFor()
    },
  },
  { name: 'people', path: '/admin/people' },
  {
    name: 'person',
    path: '/admin/people',
    act: async (page) => {
      await page.getByRole('link', { name: 'Carla Meister' }).click()
      await page.getByRole('heading', { name: 'Carla Meister' }).waitFor()
    },
  },
  { name: 'audit', path: '/admin/audit' },
  { name: 'account', path: '/admin/account', as: 'clerk' },
  { name: 'low-stock-mails', path: '/admin/account/low-stock', as: 'clerk' },
  { name: 'orders', path: '/admin/orders', as: 'clerk' },
  { name: 'orders-operator', path: '/admin/orders?attention=1', as: 'operator' },
  { name: 'orders-mail-waiting', path: '/admin/orders?mail=waiting', as: 'clerk' },
  {
    name: 'orders-new',
    path: '/admin/orders',
    as: 'clerk',
    act: async (page) => {
      const none = '00000000-0000-0000-0000-000000000000'
      await page.route('**/orders/newer*', (route) =>
        route.continue({
          url: route
            .request()
            .url()
            .replace(/since=[^&]*/, `since=${none}`),
        })
      )
      await page.getByRole('link', { name: 'new orders: show' }).waitFor()
      await page.unroute('**/orders/newer*')
    },
  },
  { name: 'orders-nothing', path: '/admin/orders?q=unicorn', as: 'clerk' },
  {
    name: 'orders-selected',
    path: '/admin/orders?status=confirmed',
    as: 'clerk',
    act: (page) => page.locator('.pick input').first().check(),
  },
  {
    name: 'orders-fulfil',
    path: ({ orders }) =>
      `/admin/orders/fulfilment?orders[]=${orders.confirmed}:1&orders[]=${orders.cancelled}:1`,
    as: 'clerk',
  },
  ...['pending', 'updating', 'confirmed', 'rejected', 'cancelled', 'fulfilled'].map(
    (status): Shot => ({
      name: `order-${status}`,
      path: ({ orders }) => `/admin/orders/${orders[status]}`,
      as: 'clerk',
    })
  ),
  {
    name: 'order-attention',
    path: ({ attention }) => `/admin/orders/${attention}`,
    as: 'operator',
  },
  {
    name: 'order-forms',
    path: ({ orders }) => `/admin/orders/${orders.confirmed}`,
    as: 'clerk',
    act: async (page) => {
      for (const summary of await page.locator('main summary').all()) await summary.click()
    },
  },
  {
    name: 'order-cancel',
    path: ({ orders }) => `/admin/orders/${orders.confirmed}`,
    as: 'clerk',
    act: (page) => page.getByRole('link', { name: 'Cancel order' }).click(),
  },
  {
    name: 'order-cancel-page',
    path: ({ orders }) => `/admin/orders/${orders.confirmed}/cancellation`,
    as: 'clerk',
  },
  {
    name: 'order-fulfil',
    path: ({ orders }) => `/admin/orders/${orders.confirmed}`,
    as: 'clerk',
    act: async (page) => {
      await page.getByRole('link', { name: 'Fulfil' }).click()
      await page.getByLabel('Carrier').waitFor()
    },
  },
  {
    name: 'slips',
    path: ({ orders }) =>
      `/admin/orders/slips?orders[]=${orders.confirmed}&orders[]=${orders.pending}`,
    as: 'clerk',
  },
  { name: 'operations', path: '/admin/operations', as: 'operator' },
  { name: 'operations-admin', path: '/admin/operations', as: 'admin' },
  {
    name: 'operations-letters',
    path: '/admin/operations/letters?module=inventory',
    as: 'operator',
  },
  {
    name: 'operations-letter',
    path: '/admin/operations/letters?module=inventory',
    as: 'operator',
    act: async (page) => {
      await page.getByRole('link', { name: 'order_placed' }).first().click()
      await page.getByRole('heading', { name: 'Error', exact: true }).waitFor()
    },
  },
  {
    name: 'operations-discard',
    path: '/admin/operations/letters/discard?module=inventory',
    as: 'operator',
  },
  {
    name: 'operations-replay',
    path: '/admin/operations/replay?module=orders',
    as: 'operator',
  },
  { name: 'operations-record', path: '/admin/operations/record', as: 'operator' },
  {
    name: 'resume',
    path: '/admin/stock?q=tray',
    as: 'clerk',
    answered: 401,
    act: async (page, { staff }) => {
      await restockSignedOut(page)
      await page.getByLabel('E-mail').fill(staff.clerk.email)
      await page.getByLabel('Password').fill(staff.clerk.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('button', { name: 'Submit now' }).waitFor()
    },
  },
  { name: 'nothing-here', path: '/admin/nothing', as: 'clerk', status: 404 },
  // The last of a clerk's, who is signed out by it.
  {
    name: 'session-ended',
    path: '/admin/stock?q=tray',
    as: 'clerk',
    answered: 401,
    act: restockSignedOut,
  },
  // The last of an administrator's, for the same reason.
  { name: 'invitation', path: '/admin/people', act: followInvitation },
  { name: 'database-away', path: '/admin/stock', as: null, status: 503, databaseAway: true },
]

/** Of somebody new, from the mail to the page that asks for a password. */
async function followInvitation(page: Page) {
  const email = `${randomUUID().slice(0, 8)}@quartermaster.example`
  const form = page.locator('#invite')
  await form.getByLabel('Name').fill('Nika Horvat')
  await form.getByLabel('E-mail').fill(email)
  await form.getByRole('button', { name: 'Invite' }).click()
  await page.getByText(`a mail goes to ${email}`).waitFor()
  const mail = page.getByRole('listitem').filter({ hasText: email }).getByText('as text')
  await eventually('the invitation is sent', async () => {
    await page.goto(new URL('/dev/mail', page.url()).href)
    return mail.isVisible()
  })
  await mail.click()
  const [link] = /http\S+\/admin\/invitation\S+/.exec(await page.content())!
  await page.context().clearCookies()
  await page.goto(link)
  await page.getByLabel('Password').waitFor()
}

/** Whose session has ended in the middle of a form. */
async function restockSignedOut(page: Page) {
  await page.getByLabel('Restock TRAY-OAK by').fill('6')
  await page.context().clearCookies()
  await page.keyboard.press('Enter')
  await page.getByText('Your session has expired').waitFor()
}

async function scanEach(page: Page, codes: string[]) {
  for (const code of codes) {
    await page.keyboard.type(code)
    await page.keyboard.press('Enter')
  }
}
