/*
 * `node ace …`. Commands that start the app join the running embedded database, and never stop it.
 */
import 'reflect-metadata'
import { Ignitor, prettyPrintError } from '@adonisjs/core'
import type { ApplicationService } from '@adonisjs/core/types'
import { embeddedPostgres, prepareEnvironment, startFault } from '#start/environment'

const APP_ROOT = new URL('../', import.meta.url)

function importer(filePath: string) {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

/** A command that can be stopped has ended by itself then; another one, a proof say, ends with the process. */
async function end(app: ApplicationService, code: number) {
  await app.terminate()
  setTimeout(() => process.exit(code), 1_000).unref()
}

new Ignitor(APP_ROOT, { importer })
  .tap((app) => {
    app.booting(() => prepareEnvironment(app, 'guest'))
    app.listen('SIGTERM', () => end(app, 143))
    app.listen('SIGINT', () => end(app, 130))
  })
  .ace()
  .handle(process.argv.slice(2))
  .catch(async (error) => {
    process.exitCode = 1
    const fault = startFault(error)
    if (fault) console.error(`\n  ${fault}\n`)
    else await prettyPrintError(error)
    await embeddedPostgres()?.stop()
    process.exit(1)
  })
