import { flags } from '@adonisjs/core/ace'
import { ConfirmedCommand } from '#console/confirmed_command'
import { UsageError } from '#console/exit_codes'
import type { Act } from './traffic.ts'

const REPORT_EVERY_MS = 5_000
const MOST_PER_SECOND = 200

export default class DemoTraffic extends ConfirmedCommand {
  static commandName = 'demo:traffic'
  static description =
    'Simulate customers, and a clerk who packs and restocks, against the running app'
  static help = [
    'For demos: places orders for the products on sale, with made-up e-mail addresses.',
    'Runs until Ctrl+C, or for --seconds. Its two accounts remain; their tokens are revoked.',
    'Exit codes: 0, or 4 when the app or the database is unavailable.',
    'Example: node ace demo:traffic --rate=5 --yes',
  ]

  @flags.number({ description: 'Orders per second (default: 5)', default: 5 })
  declare rate: number

  @flags.number({ description: 'Stop after this many seconds' })
  declare seconds?: number

  @flags.string({ description: 'Base URL of the app (default: PUBLIC_URL)' })
  declare url?: string

  async execute() {
    const { rate, seconds } = this
    if (!(rate > 0 && rate <= MOST_PER_SECOND)) {
      throw new UsageError(`--rate must be above 0 and at most ${MOST_PER_SECOND}.`)
    }
    if (seconds !== undefined && !(seconds > 0)) {
      throw new UsageError('--seconds must be above 0.')
    }
    if (!(await this.confirmed('Place orders until Ctrl+C?'))) return
    const { publicUrl } = await import('#config/app')
    const { playTraffic } = await import('./traffic.ts')
    const { withDemoTokens } = await import('./traffic_accounts.ts')
    const url = this.url ?? publicUrl
    const counts: Record<string, number> = {}
    const acted = (act: Act, status: number) => {
      const outcome = status === 0 ? 'not reached' : status < 300 ? act : `${act}: ${status}`
      counts[outcome] = (counts[outcome] ?? 0) + 1
    }
    const reporting = setInterval(() => this.json || this.#report(counts), REPORT_EVERY_MS)
    // On Ctrl+C the tokens are revoked before the app closes the database.
    await this.interruptible((stopping) => {
      const signal = seconds
        ? AbortSignal.any([stopping, AbortSignal.timeout(seconds * 1_000)])
        : stopping
      return withDemoTokens((tokens) => playTraffic({ url, rate, signal, acted, ...tokens }))
    }).finally(() => clearInterval(reporting))
    this.#report(counts)
  }

  #report(counts: Record<string, number>) {
    const words = Object.entries(counts).map(([outcome, count]) => `${outcome} ${count}`)
    this.print(counts, () => [words.join(', ') || 'nothing yet'])
  }
}
