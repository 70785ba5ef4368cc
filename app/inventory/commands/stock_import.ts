import { open } from 'node:fs/promises'
import { args, BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import { EXIT, guarded } from '#console/exit_codes'
import type { ImportRecord } from '../imports/import_record.ts'

export default class StockImport extends BaseCommand {
  static commandName = 'stock:import'
  static description = 'Import products and stock from a CSV file, or preview the import'
  static help = [
    'Shows the effect of the file; with --apply, also applies it. docs/importing.md describes the columns.',
    'Exit codes: 0 success; 2 the file is unreadable; 3 rows have errors or were refused; 4 the database is unavailable.',
    'Example: node ace stock:import november-count.csv',
    'Example: node ace stock:import delivery.csv --apply --json',
  ]
  static options: CommandOptions = { startApp: true }

  @args.string({ description: 'The CSV file' })
  declare file: string

  @flags.boolean({ description: 'Preview only (the default)' })
  declare dryRun: boolean

  @flags.boolean({ description: 'Apply the file' })
  declare apply: boolean

  @flags.boolean({
    description: 'With --apply: also list new SKUs that a spreadsheet may have changed',
  })
  declare listSuspectSkus: boolean

  @flags.boolean({ description: 'Print the result as JSON' })
  declare json: boolean

  async run() {
    if (this.dryRun && this.apply) {
      this.logger.error('Use either --dry-run or --apply, not both.')
      this.exitCode = EXIT.usage
      return
    }
    await guarded(this, () => this.#import())
  }

  async #import() {
    const { UnreadableFile } = await import('../imports/file/unreadable_file.ts')
    const { importFile } = await import('./import_file.ts')
    const { Problem } = await import('#http/problem')
    const log = (text: string) => this.json || this.logger.log(text)
    try {
      const apply = this.apply ? { listSuspectSkus: this.listSuspectSkus ?? false } : null
      const file = await open(this.file)
      const record = await importFile(this.file, file.createReadStream(), apply, log)
      await this.#report(record)
      const { errors, refused } = record.counts
      if (errors + refused > 0) this.exitCode = EXIT.found
    } catch (error) {
      const { code, syscall, message } = error as NodeJS.ErrnoException
      const isFileError = ['ENOENT', 'EACCES', 'EISDIR', 'EPERM'].includes(code!) && syscall
      if (!isFileError && !(error instanceof UnreadableFile) && !(error instanceof Problem))
        throw error
      this.exitCode = EXIT.usage
      if (this.json) this.logger.log(JSON.stringify({ error: message }))
      else this.logger.error(message)
    }
  }

  async #report(record: ImportRecord) {
    const { importBody } = await import('../api/transformers/import_body.ts')
    const { wrongRows } = await import('../imports/find_imports.ts')
    const { earlierBooking } = await import('../ledger/bookings.ts')
    const db = await this.app.container.make('lucid.db')
    const { MOST_ERRORS, summary } = await import('./import_file.ts')
    const errors: object[] = []
    for await (const { row, sku, errors: problems } of wrongRows(record.id)) {
      for (const problem of problems) errors.push({ row, sku, ...problem })
      if (errors.length >= MOST_ERRORS) break
    }
    const earlier = await earlierBooking(db.connection('inventory'), record)
    if (this.json) {
      return this.logger.log(JSON.stringify({ ...importBody(record, earlier), errors }))
    }
    for (const line of summary(record, earlier, errors as [])) this.logger.log(line)
  }
}
