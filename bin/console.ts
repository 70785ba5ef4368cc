/*
 * `node ace …`. Commands that start the app join the running embedded database, and never stop it.
 */
import 'reflect-metadata'
import { Ignitor, prettyPrintError } from '@adonisjs/core'
import type { ApplicationService } from '@adonisjs/core/types'
import { EXIT } from '#console/exit_codes'
import { embeddedPostgres, prepareEnvironment, startFault } from '#start/environment'

const APP_ROOT = new URL('../', import.meta.url)

function importer(filePath: string) {
  if (filePath.startsWith('./') || filePath.startsWith('../')) {
    return import(new URL(filePath, APP_ROOT).href)
  }
  return import(filePath)
}

/**
 * Exits on a signal. A command that handles the signal has set its exit code by now; others, and Kafka clients
 * with open connections, end with the process.
 */
async function end(app: ApplicationService, code: number) {
  await app.terminate()
  setTimeout(() => process.exit(process.exitCode ?? code), 1_000).unref()
}

/** Prints one sentence for errors that a person can fix, and sets the exit code of usage errors of ace. */
async function explainErrors(app: ApplicationService) {
  const { errorHandler } = await app.container.make('ace')
  const render = errorHandler.render.bind(errorHandler)
  errorHandler.render = async (error, kernel) => {
    const fault = startFault(error)
    if (fault) return console.error(`\n  ${fault}\n`)
    if (REFUSED.test((error as { code?: string }).code ?? '')) kernel.exitCode = EXIT.usage
    return render(error, kernel)
  }
}

const REFUSED = /^E_(COMMAND_NOT_FOUND|UNKNOWN_FLAG|INVALID_FLAG|MISSING_(ARG|FLAG)(_VALUE)?)$/

new Ignitor(APP_ROOT, { importer })
  .tap((app) => {
    app.booting(() => prepareEnvironment(app, 'guest'))
    app.listen('SIGTERM', () => end(app, 143))
    app.listen('SIGINT', () => end(app, 130))
  })
  .ace()
  .configure(explainErrors)
  .handle(process.argv.slice(2))
  .catch(async (error) => {
    process.exitCode = 1
    const fault = startFault(error)
    if (fault) console.error(`\n  ${fault}\n`)
    else await prettyPrintError(error)
    await embeddedPostgres()?.stop()
    process.exit(1)
  })
