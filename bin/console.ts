/*
 * `node ace …`. Commands that start the app join the running embedded database, and never stop it.
 */
import 'reflect-metadata'
import { Ignitor, prettyPrintError } from '@adonisjs/core'
import { embeddedPostgres, prepareEnvironment, startFault } from '#start/environment'

const APP_ROOT = new URL('../', import.meta.url)

function importer(filePath: string) {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

new Ignitor(APP_ROOT, { importer })
  .tap((app) => {
    app.booting(() => prepareEnvironment(app, 'guest'))
    app.listen('SIGTERM', () => app.terminate())
    app.listen('SIGINT', () => app.terminate())
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
