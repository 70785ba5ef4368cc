import { BaseSchema } from '@adonisjs/lucid/schema'

/**
 * Results of earlier delivery attempts, for app/mail/delivery.ts: unconfirmed copies and 5xx replies. A constant
 * default rewrites no rows.
 */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      alter table notifications
        add column unconfirmed integer not null default 0,
        add column refusals integer not null default 0`)
  }

  async down() {
    this.schema.raw('alter table notifications drop column unconfirmed, drop column refusals')
  }
}
