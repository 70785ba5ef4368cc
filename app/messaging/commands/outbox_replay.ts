import { flags } from '@adonisjs/core/ace'
import type { MessagingConfig } from '../define_config.ts'
import type { Replay } from '../recovery/replay.ts'
import type { ReplayFilter, ReplayPlan } from '../recovery/replay_plan.ts'
import { replayFilter } from './replay_flags.ts'
import { EXIT, NothingFound, UsageError } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'
import { progress } from '#console/progress'
import { chosenModules, onModule } from '#console/report_command'

type Planned = ReplayPlan & { module: string }

export default class OutboxReplay extends OperatorCommand {
  static commandName = 'outbox:replay'
  static description = 'Publish messages again, for consumers that lost them'
  static help = [
    'Messages keep their ids, so consumers that handled them ignore them. Without a filter, all stored messages ' +
      'are replayed. Ctrl-C stops the replay, --resume continues it; no message is replayed twice.',
    'Exit codes: 0; 2: invalid filter, no reason, or not confirmed; 3: stopped, or some messages are already ' +
      'deleted; 4: the database is unreachable; 5: no match.',
    'Example: node ace outbox:replay --module=orders --from=2h --type=order_confirmed --dry-run',
    'Example: node ace outbox:replay --module=orders --from=2026-11-27T10:00:00Z --up-to=48213 --why="the ERP lost its disk" --yes',
  ]

  @onModule
  declare module?: string

  @flags.string({ description: 'Only the message with this id' })
  declare id?: string

  @flags.string({ description: 'Only messages recorded at this time or later; 2h: two hours ago' })
  declare from?: string

  @flags.string({ description: 'Only messages recorded before this time' })
  declare to?: string

  @flags.string({ description: 'Only messages of this type' })
  declare type?: string

  @flags.string({ description: 'Only messages with this key' })
  declare key?: string

  @flags.string({ description: 'The message with this id and all later ones' })
  declare sinceMessage?: string

  @flags.number({ description: 'Up to this outbox row, as shown by a dry run' })
  declare upTo?: number

  @flags.number({ description: 'Messages per second', default: 500 })
  declare rate: number

  @flags.string({ description: 'Continue the replay with this id' })
  declare resume?: string

  async execute() {
    if (!(this.rate > 0)) throw new UsageError('--rate must be more than 0.')
    const { config } = await this.app.container.make('messaging')
    const chosen = chosenModules(config.modules, this.module)
    const modules = config.modules.filter(({ name }) => chosen.includes(name))
    const filter = replayFilter(this)
    if (this.resume !== undefined) {
      if (Object.keys(filter).length > 0) {
        throw new UsageError('--resume uses the filter of the replay: omit filter flags.')
      }
      return this.#resume(modules, this.resume)
    }
    if (filter.upTo !== undefined && modules.length > 1) {
      throw new UsageError('--up-to needs --module: rows are numbered per outbox.')
    }
    await this.#requireType(modules)
    const plans = await this.#plan(modules, filter)
    if (this.dryRun) return this.#tellPlans(plans, filter)
    const by = this.requireReason()
    if (!this.yes && !this.json) this.#tellPlans(plans, filter)
    const count = plans.reduce((sum, plan) => sum + plan.count, 0)
    if (!(await this.confirmed(`Publish ${count} messages again?`))) return
    const { startReplay } = await import('../recovery/replay.ts')
    const db = await this.app.container.make('lucid.db')
    const started: [module: string, replay: Replay][] = []
    for (const { module, ...plan } of plans) {
      started.push([module, await startReplay(db.connection(module), plan, filter, by)])
    }
    await this.#go(modules, started)
    const pruned = plans.find(({ prunedBefore }) => prunedBefore)
    if (!pruned) return
    this.exitCode = EXIT.found
    const before = pruned.prunedBefore!.toISOString()
    this.logger.error(`Incomplete: messages older than ${before} have been deleted.`)
  }

  async #requireType(modules: MessagingConfig['modules']) {
    const { type } = this
    if (type === undefined) return
    const messaging = await this.app.container.make('messaging')
    const { keepsType } = await import('../recovery/replay_plan.ts')
    const heard = messaging.config.modules.flatMap(({ name }) => messaging.subscribedTo(name))
    if (heard.some((one) => one.type === type)) return
    for (const { direct } of modules) if (await keepsType(direct, type)) return
    throw new UsageError(
      `Unknown type "${type}": no outbox holds one and no module subscribes to it.`
    )
  }

  /** @throws NothingFound when no stored message matches the filter */
  async #plan(modules: MessagingConfig['modules'], filter: ReplayFilter) {
    const { planReplay } = await import('../recovery/replay_plan.ts')
    const plans: Planned[] = []
    for (const { name: module, direct } of modules) {
      const plan = await planReplay(direct, filter)
      if (plan) plans.push({ module, ...plan })
    }
    const full = plans.filter(({ count }) => count > 0)
    if (full.length > 0) return full
    const pruned = plans.find(({ prunedBefore }) => prunedBefore)
    throw new NothingFound(
      pruned
        ? `No match: messages older than ${pruned.prunedBefore!.toISOString()} have been deleted.`
        : 'No published message matches.'
    )
  }

  async #resume(modules: MessagingConfig['modules'], id: string) {
    const { findReplay } = await import('../recovery/replay.ts')
    const { recordAct } = await import('../recovery/operator_acts.ts')
    const db = await this.app.container.make('lucid.db')
    const found: [module: string, replay: Replay][] = []
    if (/^[0-9a-f-]{36}$/i.test(id)) {
      for (const { name } of modules) {
        const replay = await findReplay(db.connection(name), id)
        if (replay) found.push([name, replay])
      }
    }
    if (found.length === 0) throw new NothingFound(`There is no replay "${id}".`)
    if (this.dryRun) return this.#tellLeft(found)
    const acts = new Map<string, string>()
    for (const [module, { finishedAt }] of found) {
      if (finishedAt) continue
      const client = db.connection(module)
      acts.set(module, await recordAct(client, 'resume', this.operator, { replay: id }))
    }
    await this.#go(modules, found, acts)
  }

  /** @param acts - the recorded act of each resumed module */
  async #go(
    modules: MessagingConfig['modules'],
    started: [module: string, replay: Replay][],
    acts = new Map<string, string>()
  ) {
    const { runReplay } = await import('../recovery/replay.ts')
    const { endAct } = await import('../recovery/operator_acts.ts')
    const db = await this.app.container.make('lucid.db')
    await this.interruptible(async (signal) => {
      const data: (Replay & { module: string })[] = []
      for (const [module, replay] of started) {
        const { direct } = modules.find(({ name }) => name === module)!
        const line = progress(`${module}: replayed`)
        const options = { rate: this.rate, onProgress: line.update, signal }
        const client = db.connection(module)
        const now = await runReplay(client, direct, replay, options)
          .catch((error) => {
            this.logger.error(`Interrupted. Continue with --resume=${replay.id}`)
            throw error
          })
          .finally(line.end)
        const act = acts.get(module)
        if (act) await endAct(client, act, { replayed: now.replayed, matched: now.matched })
        data.push({ module, ...now })
      }
      this.#tell(data)
    })
  }

  #tellPlans(plans: Planned[], { from, to }: ReplayFilter) {
    const data = plans.map((plan) => ({ ...plan, from, to }))
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    // A relative time such as "2h" moves: print the exact one.
    const times = Object.entries({ from, to }).filter(([, time]) => time)
    const exactly = times.map(([flag, time]) => `--${flag}=${time} `).join('')
    for (const { module, count, types, keys, oldest, newest, upTo, prunedBefore } of data) {
      this.logger.log(
        `${module}: ${count} messages of ${keys.count} keys (${keys.first} to ${keys.last}), recorded ${oldest?.toISOString()} to ${newest?.toISOString()}, ${exactly}--up-to=${upTo}`
      )
      for (const one of types) this.logger.log(`  ${String(one.count).padStart(8)} ${one.type}`)
      if (prunedBefore) {
        this.logger.warning(`Messages older than ${prunedBefore.toISOString()} have been deleted.`)
      }
    }
  }

  #tellLeft(found: [module: string, replay: Replay][]) {
    const data = found.map(([module, replay]) => ({ module, ...replay }))
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, replayed, matched, finishedAt } of data) {
      const left = finishedAt ? 0 : matched - replayed
      this.logger.log(`${module}: ${left} of ${matched} messages are left to publish.`)
    }
  }

  #tell(data: (Replay & { module: string })[]) {
    const part = data.some((one) => !one.finishedAt || one.replayed < one.matched)
    if (part) this.exitCode = EXIT.found
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, id, replayed, matched, finishedAt } of data) {
      this.logger.log(
        `${module}: ${replayed} of ${matched} messages are in the outbox again and will be published.`
      )
      if (!finishedAt) this.logger.log(`Continue with: node ace outbox:replay --resume=${id}`)
      else if (replayed < matched) this.logger.log('The rest was deleted meanwhile.')
    }
  }
}
