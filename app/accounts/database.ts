import db from '@adonisjs/lucid/services/db'

export function accounts() {
  return db.connection('accounts')
}
