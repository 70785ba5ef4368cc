import { BaseSchema } from '@adonisjs/lucid/schema'
import { dropUncleanStopTables, uncleanStopTables } from '#messaging/tables'

/** Who handles, so that a message that kills its process is found out. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(uncleanStopTables)
  }

  async down() {
    this.schema.raw(dropUncleanStopTables)
  }
}
