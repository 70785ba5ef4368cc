/*
 * Runs several commands in one process, because most of a command's time is the start of the app.
 * `node --import=@poppinss/ts-exec tests/support/processes/commands.ts '[["messaging:verify", "--json"]]'`
 * prints their output and exits with the first code that is not 0.
 */
import 'reflect-metadata'
import { Ignitor } from '@adonisjs/core'
import { prepareEnvironment } from '#start/environment'

const APP_ROOT = new URL('../../../', import.meta.url)
const commands: [name: string, ...args: string[]][] = JSON.parse(process.argv[2])

const app = new Ignitor(APP_ROOT, { importer: (path) => import(new URL(path, APP_ROOT).href) })
  .tap((booting) => {
    booting.booting(() => prepareEnvironment(booting, 'guest'))
  })
  .createApp('console')
await app.init()
await app.boot()
await app.start(async () => {
  const ace = await app.container.make('ace')
  await ace.boot()
  for (const [name, ...args] of commands) {
    console.log([name, ...args].join(' '))
    const { exitCode, error } = await ace.exec(name, args)
    if (error) console.error(error)
    process.exitCode ||= exitCode
  }
})
await app.terminate()
