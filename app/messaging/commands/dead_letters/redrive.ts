import type { Redriven, RedrivePlan } from '../../recovery/redrive.ts'
import { withDeadLetterFlags } from './flags.ts'
import { EXIT, NothingFound } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'
import { progress } from '#console/progress'

/** Keys in a list. */
const SHOWN = 50

type Plan = RedrivePlan & { module: string }

export default class DeadLettersRedrive extends withDeadLetterFlags(OperatorCommand) {
  static commandName = 'deadletters:redrive'
  static description = 'Handle dead letters again, in the order of each key'
  static help = [
    'A key is redriven from its first dead letter, even if the filter selects a later one. A message that fails ' +
      'again stays and its key stays blocked. Ctrl-C stops after the current key; run the command again to continue.',
    'Exit codes: 0; 2: invalid filter, or not confirmed; 3: some failed again, or stopped; 4: the database is ' +
      'unreachable; 5: no match.',
    'Example: node ace deadletters:redrive --module=inventory --group=3f1c9a20be --yes',
  ]

  async execute() {
    const { planRedrive, redriveDeadLetters } = await import('../../recovery/redrive.ts')
    const messaging = await this.app.container.make('messaging')
    const filter = this.requireFilter()
    const modules = await this.chosenModules()
    const plans: Plan[] = []
    for (const { module, client } of modules) {
      plans.push({ module, ...(await planRedrive(client, module, filter)) })
    }
    const keys = plans.flatMap((plan) => plan.keys)
    const malformed = plans.flatMap((plan) => plan.junk)
    if (keys.length + malformed.length === 0) throw new NothingFound('No dead letter matches.')
    if (this.dryRun) return this.#reportPlan(plans)
    const what = `Redrive ${keys.length} keys and ${malformed.length} malformed messages?`
    if (!(await this.confirmed(what))) return
    await this.interruptible(async (signal) => {
      const data: (Redriven & { module: string })[] = []
      for (const [index, { module, client }] of modules.entries()) {
        if (plans[index].keys.length + plans[index].junk.length === 0) continue
        const line = progress(`${module}: redriven`)
        const consumer = messaging.consumer(module)
        const result = await redriveDeadLetters(
          ...([client, consumer, filter, this.operator] as const),
          { onProgress: line.update, signal }
        ).finally(line.end)
        data.push({ module, ...result })
      }
      this.#report(data)
    })
  }

  #reportPlan(plans: Plan[]) {
    this.print({ data: plans }, () =>
      plans.flatMap(({ module, keys, junk }) => [
        `${module}: would redrive ${keys.length} keys and ${junk.length} malformed messages`,
        ...keys.slice(0, SHOWN).map((key) => `  ${key}`),
      ])
    )
  }

  #report(data: (Redriven & { module: string })[]) {
    if (data.some(({ waiting, junk, finished }) => waiting.length + junk > 0 || !finished)) {
      this.exitCode = EXIT.found
    }
    this.print({ data }, () =>
      data.flatMap(({ module, handled, freed, waiting, junk, finished }) => [
        `${module}: ${handled} messages handled, ${freed} keys unblocked, ${waiting.length} failed again and stay blocked, ${junk} still malformed.`,
        ...waiting.slice(0, SHOWN).map((key) => `  blocked: ${key}`),
        ...(finished ? [] : ['Stopped before the last key. Run the command again to continue.']),
      ])
    )
  }
}
