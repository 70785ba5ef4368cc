import { BaseSchema } from '@adonisjs/lucid/schema'
import { floorColumn } from '#messaging/tables'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(floorColumn)
  }

  async down() {
    this.schema.raw('alter table messaging_state drop column published_up_to')
  }
}
