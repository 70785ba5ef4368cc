import { flags } from '@adonisjs/core/ace'
import { ReportCommand } from '#console/report_command'

export default class DbSetup extends ReportCommand {
  static commandName = 'db:setup'
  static description = 'Create the schemas and roles of the modules, and migrate their tables'
  static help = [
    'Safe to run again. The user of the database URLs must be allowed to create schemas and roles.',
    'Example: DATABASE_URL=postgres://… node ace db:setup',
  ]

  @flags.boolean({ description: 'Print the migrations that would run, without running them' })
  declare dryRun: boolean

  async execute() {
    const { setUpDatabases } = await import('#database/setup')
    const { changedDecimalsLine } = await import('#database/changed_decimals')
    const db = await this.app.container.make('lucid.db')
    const reports = await setUpDatabases(this.app, db, { dryRun: this.dryRun })
    if (this.json) return this.logger.log(JSON.stringify({ data: reports }))
    for (const { module, migrated, changedDecimals } of reports) {
      const what = migrated.length === 0 ? 'up to date' : migrated.join(', ')
      this.logger.log(
        `${module.padEnd(10)} ${this.dryRun && migrated.length > 0 ? 'would run: ' : ''}${what}`
      )
      for (const changed of changedDecimals) this.logger.warning(changedDecimalsLine(changed))
    }
  }
}
