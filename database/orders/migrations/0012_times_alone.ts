import { BaseSchema } from '@adonisjs/lucid/schema'
import { dropTimesAloneColumn, timesAloneColumn } from '#messaging/tables'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(timesAloneColumn)
  }

  async down() {
    this.schema.raw(dropTimesAloneColumn)
  }
}
