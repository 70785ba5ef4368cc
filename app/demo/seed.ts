/*
 * Seeds the demo: products with stock, and one administrator. Existing data stays unchanged.
 */
import { randomBytes } from 'node:crypto'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import db from '@adonisjs/lucid/services/db'
import Account from '#accounts/models/account'
import { createAccount } from '#accounts/sign_in/sign_up'
import { issueToken } from '#accounts/credentials/tokens'
import { tokenDays } from '#config/auth'
import { SYSTEM } from '#contracts/actor'
import StockItem from '#inventory/stock/stock_item'
import { putProduct } from '#inventory/products/put_product'
import { restock } from '#inventory/stock/restock'
import { administratorFile } from '#operations/first_steps'
import { DEMO_CURRENCY, DEMO_LOW_AT, demoCatalogue } from './catalogue.ts'

/** Whether there are no products and no accounts. */
export async function isEmpty(): Promise<boolean> {
  const [item, account] = await Promise.all([StockItem.first(), Account.first()])
  return item === null && account === null
}

/** @returns the number of products added */
export async function seedCatalogue(): Promise<number> {
  const items = await StockItem.all()
  const listed = new Set(items.map(({ sku }) => sku))
  const missing = demoCatalogue.filter(({ sku }) => !listed.has(sku))
  for (const { sku, name, price } of missing) {
    const product = {
      name,
      price: { amount: price, currency: DEMO_CURRENCY },
      lowStockAt: DEMO_LOW_AT,
    }
    await putProduct(sku, product, null)
  }
  for (const { sku, onHand } of missing) {
    if (onHand === 0) continue
    await db
      .connection('inventory')
      .transaction((trx) => restock(trx, { sku, quantity: onHand, reference: 'DEMO' }, SYSTEM))
  }
  return missing.length
}

/** Creates the administrator unless its file exists. Only the owner can read the file. */
export async function seedAdministrator() {
  const exists = await access(administratorFile).then(
    () => true,
    () => false
  )
  if (exists) return
  const password = randomBytes(12).toString('base64url')
  const email = `admin-${randomBytes(2).toString('hex')}@quartermaster.example`
  const account = await createAccount({ email, name: 'Administrator', password, role: 'admin' })
  const { token } = await issueToken(account, tokenDays)
  await mkdir(dirname(administratorFile), { recursive: true })
  const content = JSON.stringify({ email, password, token }, null, 2)
  await writeFile(administratorFile, `${content}\n`, { mode: 0o600 })
}
