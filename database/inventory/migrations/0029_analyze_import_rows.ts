import { BaseSchema } from '@adonisjs/lucid/schema'

/** Lets the application's role update the statistics of a table that it does not own. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      create function analyze_import_rows() returns void
        language plpgsql security definer set search_path = inventory
        as $function$ begin analyze stock_import_rows; end $function$;
      revoke execute on function analyze_import_rows() from public;
      grant execute on function analyze_import_rows() to inventory_app;
    `)
  }

  async down() {
    this.schema.raw('drop function analyze_import_rows()')
  }
}
