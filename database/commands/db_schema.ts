import { readFile } from 'node:fs/promises'
import { BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'

export default class DbSchema extends BaseCommand {
  static commandName = 'db:schema'
  static description =
    'Write the schema classes (database/<module>/schema.ts) from the migrated tables'
  static help = [
    'Run it after changing a migration, and commit the result.',
    'With --check it exits with 3 when a file is outdated.',
    'Example: node ace db:schema --check',
  ]
  static options: CommandOptions = { startApp: true }

  @flags.boolean({ description: 'Fail when a file is outdated' })
  declare check: boolean

  async run() {
    const { modelled } = await import('#config/database')
    const { setUpDatabases } = await import('#database/setup')
    const db = await this.app.container.make('lucid.db')
    await setUpDatabases(this.app, db)
    for (const module of modelled) {
      const path = this.app.makePath('database', module, 'schema.ts')
      const before = await readFile(path, 'utf8')
      // Partitions have no class of their own.
      const partitions = await db
        .connection(`${module}_owner`)
        .from('pg_class')
        .where('relispartition', true)
        .select('relname')
      const { schemaGeneration } = db.manager.get(`${module}_owner`)!.config
      schemaGeneration!.excludeTables!.push(...partitions.map(({ relname }) => relname))
      await this.kernel.exec('schema:generate', [`--connection=${module}_owner`])
      const after = await readFile(path, 'utf8')
      if (before === after) continue
      this.logger.info(`database/${module}/schema.ts has changed`)
      if (this.check) this.exitCode = 3
    }
  }
}
