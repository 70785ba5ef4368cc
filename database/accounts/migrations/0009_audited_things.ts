import { BaseSchema } from '@adonisjs/lucid/schema'

/** An action on several objects is found by each of them. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      alter table audit_entries add column also text[];
      create index audit_entries_also on audit_entries using gin (also) where also is not null;
    `)
  }

  async down() {
    this.schema.raw('alter table audit_entries drop column also')
  }
}
