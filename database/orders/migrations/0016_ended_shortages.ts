import { BaseSchema } from '@adonisjs/lucid/schema'

/** Clears the shortages of declined changes for orders that ended before the app did so. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(/* sql */ `
      update orders set shortages = '[]'
      where status in ('cancelled', 'fulfilled') and shortages <> '[]'
    `)
  }

  async down() {}
}
