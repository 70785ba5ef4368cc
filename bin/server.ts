/*
 * The web process: REST, relays, consumers and the mail sender in one.
 */
import 'reflect-metadata'
import { Ignitor, prettyPrintError } from '@adonisjs/core'
import { prepareEnvironment } from '#start/environment'

const APP_ROOT = new URL('../', import.meta.url)

function importer(filePath: string) {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

new Ignitor(APP_ROOT, { importer })
  .tap((app) => {
    app.booting(() => prepareEnvironment(app, 'owner'))
    app.listen('SIGTERM', () => app.terminate())
    app.listen('SIGINT', () => app.terminate())
  })
  .httpServer()
  .start()
  .catch(async (error) => {
    process.exitCode = 1
    await explain(error)
    process.exit(1)
  })

/** A fault that the person at the terminal can mend is one sentence, not a stack. */
async function explain(error: unknown) {
  const { startFault } = await import('#start/environment')
  const fault = startFault(error)
  if (fault) console.error(`\n  ${fault}\n`)
  else await prettyPrintError(error)
}
