import { BaseSchema } from '@adonisjs/lucid/schema'
import { createSearchText, dropSearchText } from '../../search_text.ts'

/** Searches for references ignore case, accents and kinds of spaces. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(createSearchText('orders_app'))
    this.schema.raw(/* sql */ `
      create index orders_reference_search on orders (search_text(reference), id) where reference is not null;
      drop index orders_reference;
      update orders set email = normalize(email, NFC) where email is not nfc normalized;
    `)
  }

  async down() {
    this.schema.raw(/* sql */ `
      create index orders_reference on orders (reference, id) where reference is not null;
      drop index orders_reference_search;
    `)
    this.schema.raw(dropSearchText)
  }
}
