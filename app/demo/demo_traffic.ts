import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#console/exit_codes'
import type { Act } from './traffic.ts'

const REPORT_EVERY_MS = 5_000
const MOST_PER_SECOND = 200

export default class DemoTraffic extends BaseCommand {
  static commandName = 'demo:traffic'
  static description =
    'Simulate customers, and a clerk who packs and restocks, against the running app'
  static help = [
    'For demos: places orders for the products on sale, with made-up e-mail addresses.',
    'Runs until Ctrl+C, or for --seconds. Its two accounts remain; their tokens are revoked.',
    'Exit codes: 0, or 4 when the app or the database is unavailable.',
    'Example: node ace demo:traffic --rate=5 --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.number({ description: 'Orders per second (default: 5)', default: 5 })
  declare rate: number

  @flags.number({ description: 'Stop after this many seconds' })
  declare seconds?: number

  @flags.string({ description: 'Base URL of the app (default: PUBLIC_URL)' })
  declare url?: string

  @flags.boolean({ description: 'Do not ask for confirmation' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    if (!(this.rate > 0 && this.rate <= MOST_PER_SECOND))
      return this.#wrong(`--rate must be above 0 and at most ${MOST_PER_SECOND}.`)
    if (this.seconds !== undefined && !(this.seconds > 0))
      return this.#wrong('--seconds must be above 0.')
    if (!this.yes) {
      if (!process.stdin.isTTY) return this.#wrong('This places orders. Pass --yes to confirm.')
      if (!(await this.prompt.confirm('Place orders until Ctrl+C?'))) return
    }
    await guarded(this, () => this.#play())
  }

  async #play() {
    const { publicUrl } = await import('#config/app')
    const { playTraffic } = await import('./traffic.ts')
    const { withDemoTokens } = await import('./traffic_accounts.ts')
    const end = new AbortController()
    if (this.seconds) setTimeout(() => end.abort(), this.seconds * 1000).unref()

    const counts: Record<string, number> = {}
    const acted = (act: Act, status: number) => {
      const ended = status === 0 ? 'not reached' : status < 300 ? act : `${act}: ${status}`
      counts[ended] = (counts[ended] ?? 0) + 1
    }
    const said = setInterval(() => this.#report(counts), REPORT_EVERY_MS)
    const url = this.url ?? publicUrl
    const playing = withDemoTokens(({ shop, clerk }) =>
      playTraffic({ url, rate: this.rate, shop, clerk, signal: end.signal, acted })
    )
    // Ctrl+C: the tokens are revoked before the app closes the database.
    this.app.terminating(() => {
      end.abort()
      return playing.catch(() => {})
    })
    try {
      await playing
    } finally {
      clearInterval(said)
    }
    if (this.json) this.logger.log(JSON.stringify(counts))
    else this.#report(counts)
  }

  #report(counts: Record<string, number>) {
    if (this.json) return
    const words = Object.entries(counts).map(([ended, count]) => `${ended} ${count}`)
    this.logger.log(words.join(', ') || 'nothing yet')
  }

  #wrong(message: string) {
    this.logger.error(message)
    this.exitCode = EXIT.usage
  }
}
