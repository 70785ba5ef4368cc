import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, olderSchema } from '#messaging/commands/exit_codes'

/** After the signal, whatever it is at: Docker kills after ten seconds. */
const GONE_WITHIN_MS = 9_000

const on = (description: string) => ({ description, default: true, showNegatedVariantInHelp: true })

export default class MessagingWork extends BaseCommand {
  static commandName = 'messaging:work'
  static description = 'Run a worker: what "npm start" does beside answering requests'
  static help = [
    'As many as you like may run: one of them leads each relay, and the others stand by; consumers, mail,',
    'imports and digests are shared. SIGTERM or Ctrl-C: begins nothing more, finishes what is under way,',
    'and is gone within 9 s; what cannot be finished by then is done by the next.',
    'Example: node ace messaging:work',
    'Example: node ace messaging:work --only=relay,consumers',
    'Example: node ace messaging:work --no-mail --no-imports',
    'Example: node ace messaging:work --port=9464',
  ]
  static options: CommandOptions = { startApp: true, staysAlive: true }

  @flags.array({
    description: 'These alone: relay, consumers, mail, sweeper, imports, digests, retention',
  })
  declare only?: string[]

  @flags.boolean(on('Publish the outboxes'))
  declare relay: boolean

  @flags.boolean(on('Handle the messages'))
  declare consumers: boolean

  @flags.boolean(on('Send mails'))
  declare mail: boolean

  @flags.boolean(
    on("Tell inventory again of orders that wait for its answer, where orders' relay leads")
  )
  declare sweeper: boolean

  @flags.boolean(on('Read, apply and undo imports of stock files'))
  declare imports: boolean

  @flags.boolean(on('Gather low-stock mails'))
  declare digests: boolean

  @flags.boolean(on('Delete what nobody needs any longer, where the relay leads'))
  declare retention: boolean

  @flags.number({
    description: 'Answer /metrics, /health/live and /health/ready at this port of HOST',
  })
  declare port?: number

  async run() {
    const { port } = this
    if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      return this.#refuse('--port must be a whole number from 1 to 65535.')
    }
    const { DUTIES, objection, takeUp } = await import('#start/duties')
    const messaging = await this.app.container.make('messaging')
    const only = this.only?.flatMap((names) => names.split(','))
    const unknown = only?.find((name) => !(DUTIES as readonly string[]).includes(name))
    if (unknown !== undefined) {
      return this.#refuse(`--only names "${unknown}", but must name some of ${DUTIES.join(', ')}.`)
    }
    const duties = DUTIES.filter((duty) => this[duty] && (!only || only.includes(duty)))
    const wrong =
      duties.length === 0
        ? 'Everything is switched off: there is nothing to do.'
        : objection(duties, messaging.transportName)
    if (wrong) return this.#refuse(wrong)

    // A database that is away is waited for.
    const older = await olderSchema(this.app).catch(() => null)
    if (older) return this.#refuse(older, EXIT.error)
    if (port !== undefined && !(await this.#watched(port))) return
    const { enter } = await import('#operations/readiness')
    this.app.terminating(() => {
      enter('draining')
      this.logger.log('stops when what is under way is finished')
      setTimeout(() => process.exit(EXIT.error), GONE_WITHIN_MS).unref()
    })
    await takeUp(this.app, duties)
    enter('running')
    this.logger.log(`works over ${messaging.transportName}: ${duties.join(', ')}`)
  }

  async #watched(port: number): Promise<boolean> {
    const { default: env } = await import('#start/env')
    const { watchPort } = await import('#operations/watch_port')
    await import('#start/metrics')
    try {
      await watchPort(env.get('HOST'), port)
      return true
    } catch (error) {
      this.#refuse(`--port=${port} cannot be had: ${(error as Error).message}`)
      return false
    }
  }

  #refuse(message: string, exitCode: number = EXIT.usage) {
    this.logger.error(message)
    this.exitCode = exitCode
    return this.terminate()
  }
}
