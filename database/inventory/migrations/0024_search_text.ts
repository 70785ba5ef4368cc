import { BaseSchema } from '@adonisjs/lucid/schema'
import { createSearchText, dropSearchText } from '../../search_text.ts'

/** Searches for SKUs and names ignore case, accents and kinds of spaces. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(createSearchText('inventory_app'))
    // An SKU is in ASCII.
    this.schema.raw(searchIndex(`lower(sku) || E''\\n'' || search_text(name)`))
  }

  async down() {
    this.schema.raw(searchIndex(`lower(sku || E''\\n'' || name)`))
    this.schema.raw(dropSearchText)
  }
}

/** As in 0010_search: the extension may be in a schema of its own. */
function searchIndex(expression: string) {
  return /* sql */ `
    drop index stock_items_search;
    do $$ begin
      execute format(
        'create index stock_items_search on stock_items using gin ((${expression}) %I.gin_trgm_ops)',
        (select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
         where extname = 'pg_trgm'));
    end $$;
    analyze stock_items;
  `
}
