/*
 * One app under several loads.
 */
import { measureLoad } from '../blocks/block.ts'
import { findFaults } from '../correctness.ts'
import type { Load } from '../load/loops.ts'
import type { Sent } from '../load/sent.ts'
import { appBeside } from '../under_test/app.ts'
import { compile, fromSource, ROOT } from '../under_test/checkout.ts'
import type { Endings } from '../under_test/endings.ts'
import { Stage, type Catalogue, type RunningApp } from '../under_test/stage.ts'
import type { GoalOptions } from './goal_report.ts'

interface SessionOptions extends Pick<GoalOptions, 'transport' | 'compiled'> {
  catalogue?: Catalogue
  env?: NodeJS.ProcessEnv
  nodeArgs?: string[]
}

export const PLENTY: Catalogue = { skus: 100, stock: 1_000_000 }
export const ONE_SKU: Catalogue = { skus: 1, stock: 1_000_000 }

export class Session {
  readonly #sent: Sent[] = []

  private constructor(
    readonly stage: Stage,
    readonly running: RunningApp,
    readonly options: Required<Pick<SessionOptions, 'transport' | 'catalogue' | 'env'>>
  ) {}

  static async open(
    { transport, compiled, catalogue = PLENTY, env = {}, nodeArgs }: SessionOptions,
    endings: Endings,
    stage?: Stage
  ): Promise<Session> {
    const checkout = compiled ? await compile(ROOT) : fromSource
    const on = stage ?? (await Stage.open(false, endings))
    const running = await on.startApp({ checkout, catalogue, transport, env, nodeArgs })
    return new Session(on, running, { transport, catalogue, env })
  }

  /** @returns the figures, and the requests; after all orders are final */
  async load(load: Partial<Load>, onSent?: () => void) {
    const { transport, catalogue } = this.options
    const whole = { rate: 100, connections: null, seconds: 10, warmUpSeconds: 0, ...load }
    const measured = await measureLoad(
      this.stage,
      this.running,
      { transport, catalogue, lines: 1, load: whole },
      onSent
    )
    this.#sent.push(...measured.sent)
    return measured
  }

  /** Orders per second that the app settles in a closed loop. */
  async capacity(): Promise<number> {
    const { figures } = await this.load({ connections: 32, seconds: 5, warmUpSeconds: 3 })
    return figures.settledPerSecond
  }

  /** Proves that every order is correct, and stops the app. @returns violations */
  async end(): Promise<string[]> {
    const { app, database } = this.running
    const mails = this.options.env.CUSTOMER_MAILS === 'on'
    const faults = await findFaults(database, appBeside(app), this.#sent, { mails })
    await app.stop()
    return faults
  }
}
