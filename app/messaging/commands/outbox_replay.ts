import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { MessagingConfig } from '../define_config.ts'
import type { Replay } from '../replay.ts'
import type { ReplayFilter, ReplayPlan } from '../replay_plan.ts'
import { EXIT, guarded, Nothing, Usage } from './exit_codes.ts'
import { agreed, chosenModules, interruptible, operator, progress } from './operator.ts'
import { replayFilter } from './replay_flags.ts'

type Planned = ReplayPlan & { module: string }

export default class OutboxReplay extends BaseCommand {
  static commandName = 'outbox:replay'
  static description = 'Publish messages again, for consumers that have lost them'
  static help = [
    'They keep their message ids: our own consumers have handled them and drop them. Without a filter ' +
      'everything that is kept is meant. Ctrl-C stops it, --resume goes on; nothing is replayed twice by it.',
    'Exits 0, 3 when it was stopped or a part is no longer kept, 5 when nothing matches or is kept, 2 for an ' +
      'unknown module or type, a time that cannot be read, no reason, no --yes; 4 when the database is away.',
    'Example: node ace outbox:replay --module=orders --from=2h --type=order_confirmed --dry-run',
    'Example: node ace outbox:replay --module=orders --from=2026-11-27T10:00:00Z --up-to=48213 --why="the ERP lost its disk" --yes',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.string({ description: 'Only what this module has said' })
  declare module?: string

  @flags.string({ description: 'The message of this id' })
  declare id?: string

  @flags.string({ description: 'Recorded at this time or later; 2h: two hours ago' })
  declare from?: string

  @flags.string({ description: 'Recorded before this time' })
  declare to?: string

  @flags.string({ description: 'Messages of this type' })
  declare type?: string

  @flags.string({ description: 'Messages about this key' })
  declare key?: string

  @flags.string({ description: 'The message of this id, and all after it' })
  declare sinceMessage?: string

  @flags.number({ description: 'Up to this row of the outbox, as a dry run has shown it' })
  declare upTo?: number

  @flags.number({ description: 'Messages a second, also of one that goes on', default: 500 })
  declare rate: number

  @flags.string({ description: 'Go on with the replay of this id' })
  declare resume?: string

  @flags.string({ description: 'Who does it; by default the user of this terminal' })
  declare as?: string

  @flags.string({ description: 'Why; kept on record' })
  declare why?: string

  @flags.boolean({ description: 'Print what would be published again, and change nothing' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Do it without asking' })
  declare yes: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    await guarded(this, async () => {
      if (!(this.rate > 0)) throw new Usage('--rate must be more than 0.')
      const { config } = await this.app.container.make('messaging')
      const chosen = chosenModules(config.modules, this.module)
      const modules = config.modules.filter(({ name }) => chosen.includes(name))
      const filter = replayFilter(this)
      if (this.resume !== undefined) {
        if (Object.keys(filter).length > 0) {
          throw new Usage('--resume goes on with what was asked for then: leave the filter out.')
        }
        return this.#resume(modules, this.resume)
      }
      if (filter.upTo !== undefined && modules.length > 1) {
        throw new Usage('--up-to is a row of one outbox: say --module too.')
      }
      await this.#requireType(modules)
      const plans = await this.#plan(modules, filter)
      if (this.dryRun) return this.#tellPlans(plans, filter)
      const why = this.why?.trim()
      if (!why) throw new Usage('Say why: --why="…"')
      if (!this.yes && !this.json) this.#tellPlans(plans, filter)
      const count = plans.reduce((sum, plan) => sum + plan.count, 0)
      if (!(await agreed(this, `Publish ${count} messages again?`))) return
      const { startReplay } = await import('../replay.ts')
      const db = await this.app.container.make('lucid.db')
      const started: [module: string, replay: Replay][] = []
      for (const { module, ...plan } of plans) {
        const by = { ...operator(this), why }
        started.push([module, await startReplay(db.connection(module), plan, filter, by)])
      }
      await this.#go(modules, started)
      const pruned = plans.find(({ prunedBefore }) => prunedBefore)
      if (!pruned) return
      this.exitCode = EXIT.found
      const before = pruned.prunedBefore!.toISOString()
      this.logger.error(`Not all: what is older than ${before} is no longer kept.`)
    })
  }

  async #requireType(modules: MessagingConfig['modules']) {
    const { type } = this
    if (type === undefined) return
    const messaging = await this.app.container.make('messaging')
    const { keepsType } = await import('../replay_plan.ts')
    const heard = messaging.config.modules.flatMap(({ name }) => messaging.heardBy(name))
    if (heard.some((one) => one.type === type)) return
    for (const { direct } of modules) if (await keepsType(direct, type)) return
    throw new Usage(`No message of the type "${type}" is kept, and nobody here hears it.`)
  }

  /** @throws Nothing when nothing is kept that the filter meets */
  async #plan(modules: MessagingConfig['modules'], filter: ReplayFilter) {
    const { planReplay } = await import('../replay_plan.ts')
    const plans: Planned[] = []
    for (const { name: module, direct } of modules) {
      const plan = await planReplay(direct, filter)
      if (plan) plans.push({ module, ...plan })
    }
    const full = plans.filter(({ count }) => count > 0)
    if (full.length > 0) return full
    const pruned = plans.find(({ prunedBefore }) => prunedBefore)
    throw new Nothing(
      pruned
        ? `Nothing matches: what is older than ${pruned.prunedBefore!.toISOString()} is no longer kept.`
        : 'Nothing matches: no published message like that is kept.'
    )
  }

  async #resume(modules: MessagingConfig['modules'], id: string) {
    const { findReplay } = await import('../replay.ts')
    const { recordAct } = await import('../operator_acts.ts')
    const db = await this.app.container.make('lucid.db')
    const found: [module: string, replay: Replay][] = []
    if (/^[0-9a-f-]{36}$/i.test(id)) {
      for (const { name } of modules) {
        const replay = await findReplay(db.connection(name), id)
        if (replay) found.push([name, replay])
      }
    }
    if (found.length === 0) throw new Nothing(`There is no replay "${id}".`)
    if (this.dryRun) return this.#tellLeft(found)
    const acts = new Map<string, string>()
    for (const [module, { finishedAt }] of found) {
      if (finishedAt) continue
      const client = db.connection(module)
      acts.set(module, await recordAct(client, 'resume', operator(this), { replay: id }))
    }
    await this.#go(modules, found, acts)
  }

  /** @param acts - by module: the acts of going on, which end with it */
  async #go(
    modules: MessagingConfig['modules'],
    started: [module: string, replay: Replay][],
    acts = new Map<string, string>()
  ) {
    const { runReplay } = await import('../replay.ts')
    const { endAct } = await import('../operator_acts.ts')
    const db = await this.app.container.make('lucid.db')
    await interruptible(this, async (signal) => {
      const data: (Replay & { module: string })[] = []
      for (const [module, replay] of started) {
        const { direct } = modules.find(({ name }) => name === module)!
        const line = progress(`${module}: replayed`)
        const options = { rate: this.rate, turn: line.turn, signal }
        const client = db.connection(module)
        const now = await runReplay(client, direct, replay, options)
          .catch((error) => {
            this.logger.error(`Broken off. Go on with --resume=${replay.id}`)
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
    // "2h" means something else in a minute.
    const times = Object.entries({ from, to }).filter(([, time]) => time)
    const exactly = times.map(([flag, time]) => `--${flag}=${time} `).join('')
    for (const { module, count, types, keys, oldest, newest, upTo, prunedBefore } of data) {
      this.logger.log(
        `${module}: ${count} messages of ${keys.count} keys (${keys.first} to ${keys.last}), recorded ${oldest?.toISOString()} to ${newest?.toISOString()}, ${exactly}--up-to=${upTo}`
      )
      for (const one of types) this.logger.log(`  ${String(one.count).padStart(8)} ${one.type}`)
      if (prunedBefore) {
        this.logger.warning(`What is older than ${prunedBefore.toISOString()} is no longer kept.`)
      }
    }
  }

  #tellLeft(found: [module: string, replay: Replay][]) {
    const data = found.map(([module, replay]) => ({ module, ...replay }))
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, replayed, matched, finishedAt } of data) {
      const left = finishedAt ? 0 : matched - replayed
      this.logger.log(`${module}: ${left} of ${matched} messages would still be published again.`)
    }
  }

  #tell(data: (Replay & { module: string })[]) {
    const part = data.some((one) => !one.finishedAt || one.replayed < one.matched)
    if (part) this.exitCode = EXIT.found
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    for (const { module, id, replayed, matched, finishedAt } of data) {
      this.logger.log(
        `${module}: ${replayed} of ${matched} messages are in the outbox again, and published in their turn.`
      )
      if (!finishedAt) this.logger.log(`Go on with: node ace outbox:replay --resume=${id}`)
      else if (replayed < matched) this.logger.log('The rest was pruned meanwhile.')
    }
  }
}
