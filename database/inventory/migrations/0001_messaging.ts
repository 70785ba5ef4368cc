import { BaseSchema } from '@adonisjs/lucid/schema'
import { messagingTables } from '#messaging/tables'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(messagingTables)
  }

  async down() {
    this.schema.raw(
      'drop table outbox, inbox, dead_letters, waiting_keys, parked_keys, messaging_state;'
    )
  }
}
