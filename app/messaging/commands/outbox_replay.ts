import { flags } from '@adonisjs/core/ace'
import type { Replay } from '../recovery/replay.ts'
import type { ReplayFilter, ReplayPlan } from '../recovery/replay_plan.ts'
import { withModuleFlag, type ChosenModule } from './module_flag.ts'
import { replayFilter } from './replay_flags.ts'
import { EXIT, NothingFound, UsageError } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'
import { progress } from '#console/progress'
import { isUuid } from '#runtime/uuid'

/** A module's replay, and the operator action that resumed it. */
type Started = ChosenModule & { replay: Replay; action?: string }

type Planned = ReplayPlan & ChosenModule

export default class OutboxReplay extends withModuleFlag(OperatorCommand) {
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
    const modules = await this.chosenModules()
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
    if (this.dryRun) return this.#reportPlans(plans, filter)
    const by = this.requireReason()
    if (!this.yes && !this.json) this.#reportPlans(plans, filter)
    const count = plans.reduce((sum, plan) => sum + plan.count, 0)
    if (!(await this.confirmed(`Publish ${count} messages again?`))) return
    const { startReplay } = await import('../recovery/replay.ts')
    const started: Started[] = []
    for (const plan of plans) {
      started.push({ ...plan, replay: await startReplay(plan.client, plan, filter, by) })
    }
    await this.#run(started)
    const pruned = plans.find(({ prunedBefore }) => prunedBefore)
    if (!pruned) return
    this.exitCode = EXIT.found
    const before = pruned.prunedBefore!.toISOString()
    this.logger.error(`Incomplete: messages older than ${before} have been deleted.`)
  }

  async #requireType(modules: ChosenModule[]) {
    const { type } = this
    if (type === undefined) return
    const messaging = await this.app.container.make('messaging')
    const { keepsType } = await import('../recovery/replay_plan.ts')
    const subscribed = messaging.config.modules.flatMap(({ name }) => messaging.subscribedTo(name))
    if (subscribed.some((one) => one.type === type)) return
    for (const { direct } of modules) if (await keepsType(direct, type)) return
    throw new UsageError(
      `Unknown type "${type}": no outbox holds one and no module subscribes to it.`
    )
  }

  /** @throws NothingFound when no stored message matches the filter */
  async #plan(modules: ChosenModule[], filter: ReplayFilter) {
    const { planReplay } = await import('../recovery/replay_plan.ts')
    const plans: Planned[] = []
    for (const module of modules) {
      const plan = await planReplay(module.direct, filter)
      if (plan) plans.push({ ...module, ...plan })
    }
    const matching = plans.filter(({ count }) => count > 0)
    if (matching.length > 0) return matching
    const pruned = plans.find(({ prunedBefore }) => prunedBefore)
    throw new NothingFound(
      pruned
        ? `No match: messages older than ${pruned.prunedBefore!.toISOString()} have been deleted.`
        : 'No published message matches.'
    )
  }

  async #resume(modules: ChosenModule[], id: string) {
    const { findReplay } = await import('../recovery/replay.ts')
    const { recordAction } = await import('../recovery/operator_actions.ts')
    const found: Started[] = []
    for (const module of isUuid(id) ? modules : []) {
      const replay = await findReplay(module.client, id)
      if (replay) found.push({ ...module, replay })
    }
    if (found.length === 0) throw new NothingFound(`There is no replay "${id}".`)
    if (this.dryRun) return this.#reportRemaining(found)
    for (const one of found) {
      if (one.replay.finishedAt) continue
      one.action = await recordAction(one.client, 'resume', this.operator, { replay: id })
    }
    await this.#run(found)
  }

  async #run(started: Started[]) {
    const { runReplay } = await import('../recovery/replay.ts')
    const { endAction } = await import('../recovery/operator_actions.ts')
    await this.interruptible(async (signal) => {
      const data: (Replay & { module: string })[] = []
      for (const { module, direct, client, replay, action } of started) {
        const line = progress(`${module}: replayed`)
        const options = { rate: this.rate, onProgress: line.update, signal }
        const now = await runReplay(client, direct, replay, options)
          .catch((error) => {
            this.logger.error(`Interrupted. Continue with --resume=${replay.id}`)
            throw error
          })
          .finally(line.end)
        if (action)
          await endAction(client, action, { replayed: now.replayed, matched: now.matched })
        data.push({ module, ...now })
      }
      this.#report(data)
    })
  }

  #reportPlans(plans: Planned[], { from, to }: ReplayFilter) {
    const data = plans.map(({ client, direct, ...plan }) => ({ ...plan, from, to }))
    // Print exact times, because "2h" means another time at the next run.
    const times = Object.entries({ from, to }).filter(([, time]) => time)
    const exactly = times.map(([flag, time]) => `--${flag}=${time} `).join('')
    this.print({ data }, () =>
      data.flatMap(({ module, count, types, keys, oldest, newest, upTo }) => [
        `${module}: ${count} messages of ${keys.count} keys (${keys.first} to ${keys.last}), recorded ${oldest?.toISOString()} to ${newest?.toISOString()}, ${exactly}--up-to=${upTo}`,
        ...types.map((one) => `  ${String(one.count).padStart(8)} ${one.type}`),
      ])
    )
    for (const { prunedBefore } of this.json ? [] : data) {
      if (!prunedBefore) continue
      this.logger.warning(`Messages older than ${prunedBefore.toISOString()} have been deleted.`)
    }
  }

  #reportRemaining(found: Started[]) {
    const data = found.map(({ module, replay }) => ({ module, ...replay }))
    this.print({ data }, () =>
      data.map(({ module, replayed, matched, finishedAt }) => {
        const left = finishedAt ? 0 : matched - replayed
        return `${module}: ${left} of ${matched} messages are left to publish.`
      })
    )
  }

  #report(data: (Replay & { module: string })[]) {
    const part = data.some((one) => !one.finishedAt || one.replayed < one.matched)
    if (part) this.exitCode = EXIT.found
    this.print({ data }, () =>
      data.flatMap(({ module, id, replayed, matched, finishedAt }) => [
        `${module}: ${replayed} of ${matched} messages are in the outbox again and will be published.`,
        ...(finishedAt ? [] : [`Continue with: node ace outbox:replay --resume=${id}`]),
        ...(finishedAt && replayed < matched ? ['The rest was deleted meanwhile.'] : []),
      ])
    )
  }
}
