import db from '@adonisjs/lucid/services/db'
import { installMessaging } from '#messaging/installer'

export async function setUp() {
  const parcels = db.connection('parcels')
  await parcels.rawQuery('create schema if not exists parcels')
  return installMessaging(parcels)
}
