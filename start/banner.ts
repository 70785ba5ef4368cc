/*
 * The summary that a start prints: addresses, database, transport, and first steps.
 */
import { existsSync } from 'node:fs'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { publicUrl } from '#config/app'
import { modules } from '#config/database'
import { mailDestination } from '#config/mail'
import { demoCatalogue } from '#demo/catalogue'
import messaging from '#messaging/service'
import { administratorFile, firstOrderCommands } from '#operations/first_steps'
import { embeddedPostgres } from '#start/environment'

/** How long the first start waits until the demo can be ordered. It does not wait for an unreachable broker. */
const MOST_WAIT_MS = 5_000

/** On a first run, waits until the demo products have arrived in the price list of orders. */
export async function demoIsOrderable() {
  if (!app.inDev || !embeddedPostgres() || modules.length < 3) return
  const skus = demoCatalogue.map(({ sku }) => sku)
  const listed = await db
    .connection('inventory')
    .from('stock_items')
    .whereIn('sku', skus)
    .count('* as n')
  const until = Date.now() + MOST_WAIT_MS
  while (Date.now() < until && messaging.warnings().length === 0) {
    const priced = await db
      .connection('orders')
      .from('price_list')
      .whereIn('sku', skus)
      .count('* as n')
    if (priced[0].n >= listed[0].n) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function printBanner() {
  const embedded = embeddedPostgres()
  const lines = [
    ['address', publicUrl],
    [
      'database',
      embedded
        ? `embedded PostgreSQL in ${embedded.dataDir}, port ${embedded.port}`
        : 'DATABASE_URL',
    ],
    ...(modules.length < 3 ? [['modules', modules.join(', ')]] : []),
    ['transport', messaging.transport.description],
    ['mails', mailDestination],
    ['sign in', signIn()],
  ]
  for (const [name, value] of lines) console.log(`  ${name.padEnd(10)} ${value}`)
  if (!existsSync(administratorFile)) return
  console.log('\n  To place an order and read it once it is confirmed:\n')
  for (const command of firstOrderCommands()) console.log(`${command}\n`)
}

function signIn() {
  const where = `${publicUrl}/admin`
  return existsSync(administratorFile)
    ? `${where} (for e-mail, password and token see ${administratorFile})`
    : `${where} (to create an account: node ace accounts:create --email=… --role=admin)`
}
