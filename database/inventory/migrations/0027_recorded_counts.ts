import { BaseSchema } from '@adonisjs/lucid/schema'

/** Number of counts in an import that matched the stock, also for imports of release 0.1.0. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      update stock_imports set counts = jsonb_build_object('agreed', 0, 'recorded', 0) || counts;

      update stock_imports set counts = counts || jsonb_build_object('agreed', agreed, 'recorded', recorded)
      from (
        select import_id, count(*) filter (where not lists and not changes_product) as agreed,
          count(*) filter (where state = 'applied') as recorded
        from stock_import_rows where counted is not null and delta = 0
        group by import_id
      ) as found
      where stock_imports.id = found.import_id;
    `)
  }

  async down() {
    this.schema.raw(`update stock_imports set counts = counts - 'agreed' - 'recorded'`)
  }
}
