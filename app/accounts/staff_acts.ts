import type { StaffActs } from '#contracts/staff_acts'

const person = (id: string) => `/admin/people/${id}`

/** What people of the staff do with accounts, by the names of the routes. */
export const staffActs: StaffActs = {
  'desk.login.store': { words: 'signed in' },
  'desk.logout': { words: 'signed out' },
  'desk.invitation.accept': { words: 'accepted an invitation' },
  'tokens.store': { words: 'logged in to the API' },
  'tokens.current.destroy': { words: 'logged out of the API' },
  'account.own.change_password': { words: 'changed the own password' },
  'account.own.choose_time_zone': { words: 'chose a time zone' },
  'account.own.end_session': { words: 'ended an own session' },
  'account.own.end_others': { words: 'ended all other own sessions' },
  'account.low_stock.low_stock_mails.update': { words: 'chose low-stock mails' },
  'people.invitations.store': { words: 'invited somebody' },
  'people.invitations.send_again': { words: 'sent an invitation again' },
  'people.invitations.destroy': { words: 'withdrew an invitation' },
  'people.services.store': { words: 'added a service', page: person },
  'people.services.add_token': { words: 'made a token', page: person },
  'people.access.change_role': { words: 'changed a role', page: person },
  'people.access.disable': { words: 'disabled an account', page: person },
  'people.access.enable': { words: 'enabled an account', page: person },
  'people.access.end_session': { words: 'ended a session', page: person },
  'people.access.revoke_token': { words: 'revoked a token', page: person },
}
