/*
 * The web process: REST, relays, consumers and the mail sender in one.
 */
import 'reflect-metadata'
import { Ignitor, prettyPrintError } from '@adonisjs/core'
import { createHttpServer } from '#http/server/http_server'
import { embeddedPostgres, prepareEnvironment, startFault } from '#start/environment'

const APP_ROOT = new URL('../', import.meta.url)

function importer(filePath: string) {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

const starting = new Ignitor(APP_ROOT, { importer })
  .tap((app) => {
    app.booting(() => prepareEnvironment(app, 'owner'))
    // A half-started app would ignore this signal and every later one.
    const terminate = () =>
      starting.then(
        () => app.terminate().finally(end),
        () => {}
      )
    app.listen('SIGTERM', terminate)
    app.listen('SIGINT', terminate)
  })
  .httpServer()
  .start(createHttpServer)

starting.catch(async (error) => {
  process.exitCode = 1
  await explain(error)
  await embeddedPostgres()?.stop()
  process.exit(1)
})

/** Ends open connections of the Kafka client, which keep the process alive if the broker hangs. */
function end() {
  setTimeout(() => process.exit(), 1_000).unref()
}

/** Prints one sentence, not a stack, for errors that the person at the terminal can fix. */
async function explain(error: unknown) {
  const fault = startFault(error)
  if (fault) console.error(`\n  ${fault}\n`)
  else await prettyPrintError(error)
}
