import { mkdir, writeFile } from 'node:fs/promises'
import { BaseCommand, flags } from '@adonisjs/core/ace'

export default class MessagingContracts extends BaseCommand {
  static commandName = 'messaging:contracts'
  static description = 'Keep in docs/contracts what consumers of the topics are promised'
  static help = [
    'It writes the schema of each message and adds new samples to their list. What would break a consumer',
    'is named and never written, exit 3: define a new version of the message beside the old one.',
    'With --check it writes nothing, and exits 3 when a file is not current.',
    'Example: node ace messaging:contracts --check',
  ]

  @flags.boolean({ description: 'Fail when a file is not current' })
  declare check: boolean

  async run() {
    const { format, resolveConfig } = await import('prettier')
    const { brokenPromises, contractFiles, contractsOf, keptContracts } =
      await import('#start/documents/contracts')
    const folder = new URL('docs/contracts/', this.app.appRoot)
    await mkdir(folder, { recursive: true })
    const kept = keptContracts(folder)
    const ours = contractsOf(this.app.appRoot)
    const broken = brokenPromises(kept, ours)
    for (const what of broken) this.logger.error(`breaks a consumer: ${what}`)
    if (broken.length > 0) return void (this.exitCode = 3)

    const before = contractFiles(kept)
    for (const [file, text] of Object.entries(contractFiles(ours))) {
      if (before[file] === text) continue
      if (this.check) {
        this.logger.error(
          `docs/contracts/${file} is not current: run "node ace messaging:contracts"`
        )
        this.exitCode = 3
        continue
      }
      const url = new URL(file, folder)
      const options = { ...(await resolveConfig(url)), parser: 'json' }
      await writeFile(url, file.endsWith('.json') ? await format(text, options) : text)
      this.logger.success(`docs/contracts/${file} is written`)
    }
  }
}
