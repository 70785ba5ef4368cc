import type { AuditLabels } from '#contracts/ports/audit_labels'

const person = (id: string) => `/admin/people/${id}`

/** Actions on accounts. */
export const auditLabels: AuditLabels = {
  'desk.login.store': { words: 'signed in' },
  'desk.logout': { words: 'signed out' },
  'desk.invitation.accept': { words: 'accepted an invitation' },
  'tokens.store': { words: 'signed in to the API' },
  'tokens.current.destroy': { words: 'signed out of the API' },
  'account.own.change_password': { words: 'changed their password' },
  'account.own.choose_time_zone': { words: 'changed their time zone' },
  'account.own.end_session': { words: 'ended one of their sessions' },
  'account.own.end_others': { words: 'ended their other sessions' },
  'account.low_stock.low_stock_mails.update': { words: 'changed low-stock mails' },
  'people.invitations.store': { words: 'invited someone' },
  'people.invitations.send_again': { words: 're-sent an invitation' },
  'people.invitations.destroy': { words: 'withdrew an invitation' },
  'people.services.store': { words: 'added a service', page: person },
  'people.services.add_token': { words: 'created a token', page: person },
  'people.access.change_role': { words: 'changed a role', page: person },
  'people.access.disable': { words: 'disabled an account', page: person },
  'people.access.enable': { words: 'enabled an account', page: person },
  'people.access.end_session': { words: 'ended a session', page: person },
  'people.access.revoke_token': { words: 'revoked a token', page: person },
}
