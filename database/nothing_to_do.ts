import { BaseSchema } from '@adonisjs/lucid/schema'

/** A released migration whose work has moved elsewhere. */
export class NothingToDo extends BaseSchema {
  async up() {}

  async down() {}
}
