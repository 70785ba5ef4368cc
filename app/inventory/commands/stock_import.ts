import { open } from 'node:fs/promises'
import { args, BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#messaging/commands/exit_codes'
import type { ImportRecord } from '../imports/import_record.ts'

export default class StockImport extends BaseCommand {
  static commandName = 'stock:import'
  static description = 'Try what a CSV file would do to products and stock, or apply it'
  static help = [
    'Shows what the file would do; with --apply it is done as well. docs/importing.md describes the columns.',
    'Exits 0, 3 when rows have errors or were refused, 2 when the file cannot be read, 4 when the database is away.',
    'Example: node ace stock:import november-count.csv',
    'Example: node ace stock:import delivery.csv --apply --json',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'The CSV file' })
  declare file: string

  @flags.boolean({ description: 'Only show what it would do (so it is without any flag)' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Apply it' })
  declare apply: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    if (this.dryRun && this.apply) {
      this.logger.error('Say --dry-run or --apply, not both.')
      this.exitCode = EXIT.usage
      return
    }
    await guarded(this, () => this.#import())
  }

  async #import() {
    const { FileFault } = await import('../imports/file_fault.ts')
    const { importFile } = await import('../imports/import_file.ts')
    const { Problem } = await import('#http/problem')
    const said = (text: string) => this.json || this.logger.log(text)
    try {
      const file = await open(this.file)
      const record = await importFile(this.file, file.createReadStream(), this.apply, said)
      await this.#tell(record)
      const { errors, refused } = record.counts
      if (errors + refused > 0) this.exitCode = EXIT.found
    } catch (error) {
      const { code, syscall, message } = error as NodeJS.ErrnoException
      const ofFile = ['ENOENT', 'EACCES', 'EISDIR', 'EPERM'].includes(code!) && syscall
      if (!ofFile && !(error instanceof FileFault) && !(error instanceof Problem)) throw error
      this.exitCode = EXIT.usage
      if (this.json) this.logger.log(JSON.stringify({ error: message }))
      else this.logger.error(message)
    }
  }

  async #tell(record: ImportRecord) {
    const { importBody } = await import('../transformers/import_body.ts')
    const { wrongRows } = await import('../imports/find_imports.ts')
    const { MOST_TOLD, summary } = await import('../imports/import_file.ts')
    const errors: object[] = []
    for await (const { row, sku, errors: wrong } of wrongRows(record.id)) {
      for (const one of wrong) errors.push({ row, sku, ...one })
      if (errors.length >= MOST_TOLD) break
    }
    if (this.json) return this.logger.log(JSON.stringify({ ...importBody(record), errors }))
    for (const line of summary(record, errors as [])) this.logger.log(line)
  }
}
