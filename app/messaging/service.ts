import app from '@adonisjs/core/services/app'
import type { Messaging } from './messaging.ts'

let messaging: Messaging

await app.booted(async () => {
  messaging = await app.container.make('messaging')
})

export { messaging as default }
