/*
 * The last lines of a start: what runs where, and the first steps.
 */
import { existsSync } from 'node:fs'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { publicUrl } from '#config/app'
import { modules } from '#config/database'
import { mailDestination } from '#config/mail'
import messaging from '#messaging/service'
import { administratorFile, firstOrderCommands } from '#operations/first_steps'
import { embeddedPostgres } from '#start/environment'
import { demoCatalogue } from '#start/demo/catalogue'

/** So long the first start waits until the demo can be ordered; not at all while the broker is away. */
const MOST_WAIT_MS = 5_000

/** On a first run the demo travels from inventory to orders' price list before we say "ready". */
export async function demoIsOrderable() {
  if (!app.inDev || !embeddedPostgres() || modules.length < 3) return
  const skus = demoCatalogue.map(({ sku }) => sku)
  const listed = await db
    .connection('inventory')
    .from('stock_items')
    .whereIn('sku', skus)
    .count('* as n')
  const until = Date.now() + MOST_WAIT_MS
  while (Date.now() < until && messaging.degraded().length === 0) {
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
        : 'as DATABASE_URL says',
    ],
    ...(modules.length < 3 ? [['modules', modules.join(', ')]] : []),
    [
      'transport',
      messaging.transportName === 'kafka' ? `Kafka at ${process.env.KAFKA_BROKERS}` : 'embedded',
    ],
    ['mails', mailDestination],
    ['sign in', signIn()],
  ]
  for (const [name, value] of lines) console.log(`  ${name.padEnd(10)} ${value}`)
  if (!existsSync(administratorFile)) return
  console.log('\n  Place an order, and see it confirmed:\n')
  for (const command of firstOrderCommands()) console.log(`${command}\n`)
}

function signIn() {
  const where = `${publicUrl}/admin`
  return existsSync(administratorFile)
    ? `${where} (e-mail, password and token are in ${administratorFile})`
    : `${where} (make an account: node ace accounts:create --email=… --role=admin)`
}
