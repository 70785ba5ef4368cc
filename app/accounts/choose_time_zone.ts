import Account from './models/account.ts'

/** IANA names, UTC first. */
export const TIME_ZONES = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
]

/** Whose days and clock somebody reads at the admin pages. @param zone - null for the one in TIME_ZONE */
export async function chooseTimeZone(accountId: string, zone: string | null) {
  await Account.query().where('id', accountId).update({ time_zone: zone })
}
