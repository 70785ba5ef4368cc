import { defineConfig } from '@adonisjs/core/app'

export default defineConfig({
  providers: [
    () => import('@adonisjs/core/providers/app_provider'),
    () => import('@adonisjs/lucid/database_provider'),
    () => import('#messaging/messaging_provider'),
  ],
  preloads: [() => import('./start/messaging.ts')],
  commands: [() => import('./start/commands.ts')],
})
