import { defineConfig } from '@adonisjs/core/app'

export default defineConfig({
  commands: [
    () => import('@adonisjs/core/commands'),
    () => import('@adonisjs/lucid/commands'),
    () => import('#start/commands'),
  ],
  providers: [
    () => import('@adonisjs/core/providers/app_provider'),
    () => import('@adonisjs/core/providers/hash_provider'),
    { file: () => import('@adonisjs/core/providers/repl_provider'), environment: ['repl', 'test'] },
    () => import('@adonisjs/core/providers/vinejs_provider'),
    () => import('@adonisjs/core/providers/edge_provider'),
    () => import('@adonisjs/lucid/database_provider'),
    () => import('@adonisjs/mail/mail_provider'),
    () => import('@adonisjs/limiter/limiter_provider'),
    () => import('@adonisjs/cors/cors_provider'),
    () => import('@adonisjs/session/session_provider'),
    () => import('@adonisjs/auth/auth_provider'),
    () => import('@adonisjs/shield/shield_provider'),

    () => import('#messaging/messaging_provider'),
    () => import('#start/app_provider'),
  ],
  preloads: [
    () => import('#start/messaging'),
    () => import('#start/problems'),
    { file: () => import('#start/metrics'), environment: ['web', 'test'] },
    { file: () => import('#start/kernel'), environment: ['web', 'test'] },
    { file: () => import('#start/routes'), environment: ['web', 'test'] },
    { file: () => import('#start/first_run'), environment: ['web'] },
  ],
  tests: {
    suites: [
      { name: 'architecture', files: ['tests/architecture/**/*.spec.ts'], timeout: 180_000 },
      {
        name: 'unit',
        files: ['tests/**/unit/**/*.spec.ts', 'tests/contracts/**/*.spec.ts'],
        timeout: 60_000,
      },
      { name: 'functional', files: ['tests/**/functional/**/*.spec.ts'], timeout: 180_000 },
      { name: 'browser', files: ['tests/system/browser/*.spec.ts'], timeout: 180_000 },
      {
        name: 'messaging',
        files: [
          'tests/messaging/*.spec.ts',
          'tests/messaging/{inbox,outbox,recovery,transports}/*.spec.ts',
        ],
        timeout: 180_000,
      },
      { name: 'flows', files: ['tests/system/flows/*.spec.ts'], timeout: 180_000 },
      {
        name: 'processes',
        files: ['tests/system/{image,processes}/*.spec.ts'],
        timeout: 300_000,
      },
      { name: 'database', files: ['tests/system/database/*.spec.ts'], timeout: 300_000 },
      { name: 'outages', files: ['tests/system/outages/*.spec.ts'], timeout: 300_000 },
      { name: 'faults', files: ['tests/system/faults/*.spec.ts'], timeout: 600_000 },
    ],
    forceExit: true,
  },
  metaFiles: [
    { pattern: 'docs/importing.md', reloadServer: false },
    { pattern: 'app/**/views/**/*.edge', reloadServer: false },
    { pattern: 'app/admin/assets/*', reloadServer: false },
    { pattern: 'app/*/pages/assets/*', reloadServer: false },
    { pattern: 'app/contracts/messages/samples/*.json', reloadServer: false },
    { pattern: 'app/operations/docs/*', reloadServer: false },
  ],
})
