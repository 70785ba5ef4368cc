import env from '#start/env'
import { defineConfig } from '@adonisjs/core/http'

/** Where people and programs reach this app: mail links and problem types begin with it. No slash at the end. */
export const publicUrl = (
  env.get('PUBLIC_URL') ?? `http://${env.get('HOST')}:${env.get('PORT')}`
).replace(/\/$/, '')

export const dataDir = env.get('DATA_DIR')

export const http = defineConfig({
  generateRequestId: true,
  allowMethodSpoofing: false,
  useAsyncLocalStorage: false,
})
