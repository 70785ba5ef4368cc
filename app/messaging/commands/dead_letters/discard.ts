import type { DiscardedKey } from '../../recovery/discard.ts'
import { withDeadLetterFlags } from './flags.ts'
import { EXIT, NothingFound } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'
import { progress } from '#console/progress'

const SHOWN = 50

type Discarded = DiscardedKey & { module: string }

export default class DeadLettersDiscard extends withDeadLetterFlags(OperatorCommand) {
  static commandName = 'deadletters:discard'
  static description = 'Discard dead letters: their messages will never be handled'
  static help = [
    'Lists the keys that miss a change from then on, and the dead letter that a redrive of each starts with. ' +
      'messaging:acts lists them with their contents and the reason. Ctrl-C stops after at most 100; run the command ' +
      'again to continue.',
    'Exit codes: 0; 2: no reason, or not confirmed; 3: stopped; 4: the database is unreachable; 5: no match.',
    'Example: node ace deadletters:discard --module=orders --id=4711 --why="sent by the old importer" --yes',
  ]

  async execute() {
    const { planDiscard, discardDeadLetters } = await import('../../recovery/discard.ts')
    const filter = this.requireFilter()
    if (!this.dryRun) this.requireReason()
    const modules = await this.chosenModules()
    const would: Discarded[] = []
    /** Module → the newest dead letter that the plan covers. */
    const upTo = new Map<string, number>()
    const totals = new Map<string, number>()
    for (const { module, client } of modules) {
      const plan = await planDiscard(client, module, filter)
      would.push(...plan.keys.map((one) => ({ module, ...one })))
      upTo.set(module, plan.upTo)
      totals.set(
        module,
        plan.keys.reduce((sum, { discarded }) => sum + discarded, 0)
      )
    }
    if (would.length === 0) throw new NothingFound('No dead letter matches.')
    if (this.dryRun) return this.#report(would, 'would be discarded')
    const letters = would.reduce((sum, { discarded }) => sum + discarded, 0)
    if (!this.yes && !this.json) this.#report(would, 'would be discarded')
    if (!(await this.confirmed(`Discard ${letters} dead letters?`))) return
    const by = this.requireReason()
    await this.interruptible(async (signal) => {
      const data: Discarded[] = []
      for (const { module, client } of modules) {
        const planned = { ...filter, upTo: upTo.get(module)! }
        const line = progress(`${module}: discarded`)
        const onProgress = (done: number) => line.update(done, totals.get(module))
        const { keys } = await discardDeadLetters(client, module, planned, by, {
          ...{ onProgress, signal },
        }).finally(line.end)
        data.push(...keys.map((one) => ({ module, ...one })))
      }
      if (signal.aborted) this.exitCode = EXIT.found
      this.#report(data, 'discarded')
    })
  }

  #report(data: Discarded[], outcome: string) {
    this.print({ data }, () => [
      ...data.slice(0, SHOWN).map(({ module, key, discarded, next }) => {
        const then = next ? `a redrive continues with ${next.id} (${next.type})` : 'not blocked'
        return `${module}: ${discarded} ${outcome}; ${key === null ? 'no key' : `key ${key}: ${then}`}`
      }),
      ...(data.length > SHOWN ? [`… and ${data.length - SHOWN} more keys`] : []),
    ])
  }
}
