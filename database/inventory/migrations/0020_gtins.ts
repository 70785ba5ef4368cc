import { BaseSchema } from '@adonisjs/lucid/schema'

/** Barcodes (UPC-12, EAN-8, EAN-13 and GTIN-14) are compared as GTIN-14. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      alter table barcodes add column gtin text not null generated always as (lpad(barcode, 14, '0')) stored;

      -- Codes that a second product had in another form when codes were first compared as GTIN-14.
      create table barcode_clashes (
        gtin text not null,
        barcode text not null,
        sku text not null references stock_items (sku),
        primary key (gtin, sku)
      );
      create index barcode_clashes_sku on barcode_clashes (sku);

      -- Two forms of one code on one product: the shorter one stays.
      delete from barcodes using barcodes as kept
      where kept.gtin = barcodes.gtin and kept.sku = barcodes.sku and length(kept.barcode) < length(barcodes.barcode);

      -- Nothing says when a product was listed; the first trace of it does.
      with shared as (
        select barcode, gtin, sku from barcodes
        where gtin in (select gtin from barcodes group by gtin having count(*) > 1)
      ), traced as (
        select shared.*, coalesce(least(
          (select at from movements where movements.sku = shared.sku order by movements.id limit 1),
          (select min(created_at) from outbox where outbox.key = shared.sku and type = 'product_listed'),
          (select min(applied_at) from stock_import_rows join stock_imports on stock_imports.id = import_id
           where stock_import_rows.sku = shared.sku and lists and state in ('applied', 'reversed', 'stays'))
        ), (select updated_at from stock_items where stock_items.sku = shared.sku)) as since
        from shared
      ), ranked as (
        select *, row_number() over (partition by gtin order by since, sku) as place from traced
      ), lost as (
        delete from barcodes using ranked where barcodes.barcode = ranked.barcode and place > 1
        returning barcodes.gtin, barcodes.barcode, barcodes.sku
      )
      insert into barcode_clashes (gtin, barcode, sku) select gtin, barcode, sku from lost;

      alter table barcodes add constraint barcodes_gtin unique (gtin);

      drop index stock_import_rows_barcode;
      create index stock_import_rows_gtin on stock_import_rows (import_id, lpad(barcode, 14, '0'), row)
        where barcode is not null;
    `)
  }

  async down() {
    this.schema.raw(/* sql */ `
      drop index stock_import_rows_gtin;
      create index stock_import_rows_barcode on stock_import_rows (import_id, barcode, row) where barcode is not null;
      drop table barcode_clashes;
      alter table barcodes drop column gtin;
    `)
  }
}
