import { mkdir, writeFile } from 'node:fs/promises'
import { BaseCommand, flags } from '@adonisjs/core/ace'

export default class MessagingContracts extends BaseCommand {
  static commandName = 'messaging:contracts'
  static description = 'Update docs/contracts, the contracts with consumers of the topics'
  static help = [
    'Writes the schema of each message and adds new samples to their list. Refuses changes that break a consumer',
    'with exit 3: define a new version of the message instead.',
    'With --check it writes nothing, and exits with 3 when a file is outdated.',
    'Example: node ace messaging:contracts --check',
  ]

  @flags.boolean({ description: 'Fail when a file is outdated' })
  declare check: boolean

  async run() {
    const { format, resolveConfig } = await import('prettier')
    const { breakingChanges, contractFiles, contractsOf, storedContracts } =
      await import('#start/documents/contracts')
    const folder = new URL('docs/contracts/', this.app.appRoot)
    await mkdir(folder, { recursive: true })
    const stored = storedContracts(folder)
    const ours = contractsOf(this.app.appRoot)
    const breaking = breakingChanges(stored, ours)
    for (const change of breaking) this.logger.error(`breaks a consumer: ${change}`)
    if (breaking.length > 0) return void (this.exitCode = 3)

    const before = contractFiles(stored)
    for (const [file, text] of Object.entries(contractFiles(ours))) {
      if (before[file] === text) continue
      if (this.check) {
        this.logger.error(`docs/contracts/${file} is outdated: run "node ace messaging:contracts"`)
        this.exitCode = 3
        continue
      }
      const url = new URL(file, folder)
      const options = { ...(await resolveConfig(url)), parser: 'json' }
      await writeFile(url, file.endsWith('.json') ? await format(text, options) : text)
      this.logger.success(`Wrote docs/contracts/${file}.`)
    }
  }
}
