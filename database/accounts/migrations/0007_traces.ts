import { BaseSchema } from '@adonisjs/lucid/schema'

/** Mails continue the trace of the request that caused them; see app/runtime/trace_context.ts. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw('alter table notifications add column traceparent text')
  }

  async down() {
    this.schema.raw('alter table notifications drop column traceparent')
  }
}
