import { BaseSchema } from '@adonisjs/lucid/schema'
import { dropOperatorTables, operatorTables } from '#messaging/tables'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(operatorTables)
  }

  async down() {
    this.schema.raw(dropOperatorTables)
  }
}
