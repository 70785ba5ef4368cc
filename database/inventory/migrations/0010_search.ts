import { BaseSchema } from '@adonisjs/lucid/schema'

/** What is typed into a search is found anywhere in an SKU or a name, without reading all of them. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      -- Comes with PostgreSQL; the right to create schemas suffices to create it. Another application may
      -- have created it already, in another schema.
      create extension if not exists pg_trgm with schema inventory;
      do $$ begin
        execute format(
          'create index stock_items_search on stock_items using gin (lower(sku || E''\\n'' || name) %I.gin_trgm_ops)',
          (select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
           where extname = 'pg_trgm'));
      end $$;
      -- Else a search for a common word would be taken for a rare one.
      analyze stock_items;
    `)
  }

  async down() {
    this.schema.raw('drop index stock_items_search')
  }
}
