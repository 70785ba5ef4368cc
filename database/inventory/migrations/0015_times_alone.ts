import { BaseSchema } from '@adonisjs/lucid/schema'
import { timesAloneColumn } from '#messaging/tables'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(timesAloneColumn)
  }

  async down() {
    this.schema.raw(
      'alter table suspects drop column times_alone, add column alone boolean not null default false'
    )
  }
}
