import env from '#start/env'
import { defineConfig } from '@adonisjs/core/http'
import { refuseBadAddress } from '#http/problem'

/** Where people and programs reach this app: mail links and problem types begin with it. No slash at the end. */
export const publicUrl = (
  env.get('PUBLIC_URL') ?? `http://${env.get('HOST')}:${env.get('PORT')}`
).replace(/\/$/, '')

const ownAddress = `http://${env.get('HOST')}:${env.get('PORT')}`

/** Where the proofs find each module: this app, unless they run apart. */
export const ordersUrl = (env.get('ORDERS_URL') ?? ownAddress).replace(/\/$/, '')
export const inventoryUrl = (env.get('INVENTORY_URL') ?? ownAddress).replace(/\/$/, '')

export const dataDir = env.get('DATA_DIR')

export const http = defineConfig({
  generateRequestId: true,
  allowMethodSpoofing: false,
  useAsyncLocalStorage: false,
  onBadUrl: refuseBadAddress(publicUrl),
  // A comma is part of what is looked for; lists that take several values by comma say so.
  qs: { parse: { comma: false, arrayLimit: 200 } },
})
