import { BaseSchema } from '@adonisjs/lucid/schema'

/** A mail belongs to the trace of the request that led to it: app/messaging/trace.ts. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw('alter table notifications add column traceparent text')
  }

  async down() {
    this.schema.raw('alter table notifications drop column traceparent')
  }
}
