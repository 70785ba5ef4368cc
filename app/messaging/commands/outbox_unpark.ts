import { flags } from '@adonisjs/core/ace'
import { withModuleFlag } from './module_flag.ts'
import { NothingFound, UsageError } from '#console/exit_codes'
import { OperatorCommand } from '#console/operator_command'

export default class OutboxUnpark extends withModuleFlag(OperatorCommand) {
  static commandName = 'outbox:unpark'
  static description = 'Retry parked keys: keys with a message that the broker refused'
  static help = [
    '--dry-run lists the parked keys. A key whose message is refused again is parked again.',
    'Exit codes: 0; 2: invalid flag, or not confirmed; 4: the database is unreachable; 5: no such key is parked.',
    'Example: node ace outbox:unpark --key=0199d3bf-11aa-7c31-9b77-5d2e8f4a6c01 --yes',
  ]

  @flags.string({ description: 'The key' })
  declare key?: string

  @flags.boolean({ description: 'All parked keys' })
  declare all: boolean

  async execute() {
    const { parkedKeys, unpark } = await import('../recovery/parked_keys.ts')
    if (this.key === undefined && !this.all && !this.dryRun)
      throw new UsageError('Select keys with --key or --all.')
    const data = await this.readModules(({ client }) => parkedKeys(client, this.key))
    for (const { module, key, error, waiting, parkedAt } of this.json ? [] : data) {
      this.logger.log(
        `${module}: ${key}, parked ${parkedAt.toISOString()}, ${waiting} pending: ${error}`
      )
    }
    if (data.length === 0) throw new NothingFound('No such key is parked.')
    let unparked = data.length
    if (!this.dryRun) {
      if (!(await this.confirmed(`Retry ${data.length} parked keys?`))) return
      unparked = 0
      for (const { client } of await this.chosenModules()) {
        const keys = await unpark(client, this.key ?? null, this.operator)
        unparked += keys.length
      }
    }
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    const what = this.dryRun ? 'would be unparked' : 'unparked: the relay retries them'
    this.logger.log(`${unparked} ${unparked === 1 ? 'key' : 'keys'} ${what}.`)
  }
}
