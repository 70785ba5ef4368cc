import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, olderSchema } from '#console/exit_codes'

/** Exits this long after the signal in any case, because Docker kills after ten seconds. */
const GONE_WITHIN_MS = 9_000

/** A worker that runs by default. */
const worker = (description: string) =>
  flags.boolean({ description, default: true, showNegatedVariantInHelp: true })

export default class MessagingWork extends BaseCommand {
  static commandName = 'messaging:work'
  static description = 'Run the background workers of "npm start" in a separate process'
  static help = [
    'You can run any number of these processes. One of them leads each relay and the others stand by; they',
    'share consumers, mail, imports and digests. On SIGTERM or Ctrl-C it finishes the work in progress and',
    'exits within 9 s. Another process takes over unfinished work.',
    'Example: node ace messaging:work',
    'Example: node ace messaging:work --only=relay,consumers',
    'Example: node ace messaging:work --no-mail --no-imports',
    'Example: node ace messaging:work --port=9464',
  ]
  static options: CommandOptions = { startApp: true, staysAlive: true }

  @flags.array({
    description: 'Run only these: relay, consumers, mail, sweeper, imports, digests, retention',
  })
  declare only?: string[]

  @worker('Publish the outboxes')
  declare relay: boolean

  @worker('Handle messages')
  declare consumers: boolean

  @worker('Send mails')
  declare mail: boolean

  @worker('Re-send overdue stock requests, in the process that leads the relay of orders')
  declare sweeper: boolean

  @worker('Read, apply and undo imports of stock files')
  declare imports: boolean

  @worker('Compose low-stock mails')
  declare digests: boolean

  @worker('Delete expired data, in the process that leads the relay')
  declare retention: boolean

  @flags.number({
    description: 'Serve /metrics, /health/live and /health/ready on this port of HOST',
  })
  declare port?: number

  async run() {
    const { port } = this
    if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      return this.#refuse('--port must be a whole number from 1 to 65535.')
    }
    const { WORKERS, invalidCombination, startWorkers } = await import('#start/workers/workers')
    const messaging = await this.app.container.make('messaging')
    const only = this.only?.flatMap((names) => names.split(','))
    const unknown = only?.find((name) => !(WORKERS as readonly string[]).includes(name))
    if (unknown !== undefined) {
      return this.#refuse(
        `--only contains "${unknown}", but must be a list of ${WORKERS.join(', ')}.`
      )
    }
    const workers = WORKERS.filter((name) => this[name] && (!only || only.includes(name)))
    const wrong =
      workers.length === 0
        ? 'All workers are switched off. Leave at least one on.'
        : invalidCombination(workers, messaging.transport)
    if (wrong) return this.#refuse(wrong)

    // If the database is unavailable, wait for it.
    const older = await olderSchema(this.app).catch(() => null)
    if (older) return this.#refuse(older, EXIT.error)
    if (port !== undefined && !(await this.#watched(port))) return
    const { enter } = await import('#operations/health/readiness')
    this.app.terminating(() => {
      enter('draining')
      this.logger.log('stopping after the work in progress')
      setTimeout(() => process.exit(EXIT.error), GONE_WITHIN_MS).unref()
    })
    await startWorkers(this.app, workers)
    enter('running')
    this.logger.log(`running workers over ${messaging.transport.name}: ${workers.join(', ')}`)
  }

  async #watched(port: number): Promise<boolean> {
    const { default: env } = await import('#start/env')
    const { startOpsServer } = await import('#operations/health/ops_server')
    await import('#start/metrics')
    try {
      await startOpsServer(env.get('HOST'), port)
      return true
    } catch (error) {
      this.#refuse(`Cannot listen on --port=${port}: ${(error as Error).message}`)
      return false
    }
  }

  #refuse(message: string, exitCode: number = EXIT.usage) {
    this.logger.error(message)
    this.exitCode = exitCode
    return this.terminate()
  }
}
