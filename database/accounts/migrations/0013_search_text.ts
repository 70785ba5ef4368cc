import { BaseSchema } from '@adonisjs/lucid/schema'
import { createSearchText, dropSearchText } from '../../search_text.ts'

/**
 * Searches for people ignore case, accents and kinds of spaces. E-mail addresses with decomposed letters are
 * normalized, unless another account has the normalized address.
 */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(createSearchText('accounts_app'))
    for (const table of ['accounts', 'invitations']) {
      this.schema.raw(/* sql */ `
        update ${table} as one set email = normalize(email, NFC)
        where email is not nfc normalized and not exists (
          select from ${table} as other
          where other.id <> one.id and lower(normalize(other.email, NFC)) = lower(normalize(one.email, NFC)))
      `)
    }
  }

  async down() {
    this.schema.raw(dropSearchText)
  }
}
