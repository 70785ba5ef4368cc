import db from '@adonisjs/lucid/services/db'

/** The module's connection. */
export function accounts() {
  return db.connection('accounts')
}
