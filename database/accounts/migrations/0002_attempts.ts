import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Attempts to log in and to sign up, as the limiter's store wants them. It deletes the old ones itself.
      create table attempts (
        key varchar(255) primary key,
        points integer not null default 0,
        expire bigint
      );
    `)
  }

  async down() {
    this.schema.raw('drop table attempts;')
  }
}
