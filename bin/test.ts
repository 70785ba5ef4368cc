/*
 * `npm test` runs the suites in processes side by side, `npm test -- <suite> …` in this one.
 */
process.env.NODE_ENV = 'test'

import 'reflect-metadata'
import { fileURLToPath } from 'node:url'
import { Ignitor, prettyPrintError } from '@adonisjs/core'
import type { ApplicationService } from '@adonisjs/core/types'
import { configure, processCLIArgs, run } from '@japa/runner'

if (process.argv.length === 2) {
  const { runSideBySide } = await import('#tests/support/runner/side_by_side')
  await runSideBySide(fileURLToPath(import.meta.url))
}
await import('#tests/support/runner/summary')

const APP_ROOT = new URL('../', import.meta.url)

function importer(filePath: string) {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

new Ignitor(APP_ROOT, { importer })
  .tap((app) => {
    app.booting(async () => {
      const { prepareTestEnvironment } = await import('#tests/support/runner/environment')
      await prepareTestEnvironment(app)
    })
    app.listen('SIGTERM', () => end(app))
    app.listen('SIGINT', () => end(app))
    // The process that runs the suites side by side is gone.
    process.once('disconnect', () => end(app))
  })
  .testRunner()
  .configure(async (app) => {
    const { runnerHooks, ...config } = await import('#tests/support/runner/bootstrap')

    processCLIArgs(process.argv.splice(2))
    configure({
      ...app.rcFile.tests,
      ...config,
      ...{
        setup: runnerHooks.setup,
        teardown: runnerHooks.teardown.concat([() => app.terminate()]),
      },
    })
  })
  .run(() => run())
  .catch(async (error) => {
    process.exitCode = 1
    await prettyPrintError(error)
    process.exit(1)
  })

async function end(app: ApplicationService) {
  await app.terminate()
  process.exit(1)
}
