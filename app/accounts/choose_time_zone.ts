import Account from './models/account.ts'

/** IANA names, UTC first. */
export const TIME_ZONES = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
]

/** Sets the time zone of the admin pages for one account. @param zone - null for the setting TIME_ZONE */
export async function chooseTimeZone(accountId: string, zone: string | null) {
  await Account.query().where('id', accountId).update({ time_zone: zone })
}
