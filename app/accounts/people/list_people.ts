/*
 * Staff and services, without customers, for administrators.
 */
import type { Slice } from '#admin/pagination'
import type { Role } from '#contracts/actor'
import { isUuid } from '#runtime/uuid'
import { invalidCursor } from '#http/pagination'
import { notFound } from '#http/problem'
import { SESSION_HOURS } from '#config/session'
import { SESSION_LASTS } from '../credentials/session_lasts.ts'
import { accounts } from '../database.ts'
import type { Invitation } from './invitation.ts'

export interface PersonRow {
  id: string
  name: string
  /** Null for a service. */
  email: string | null
  role: Role
  createdAt: Date
  disabledAt: Date | null
  sessions: number
  tokens: number
  /** Last request of a session that has not expired; null without one. */
  lastSeen: Date | null
}

export interface PeopleFilter {
  q?: string
  /** A role, without disabled accounts; or all disabled accounts. */
  show?: 'clerk' | 'operator' | 'admin' | 'service' | 'disabled'
}

/** Up to `limit` + 1 rows by name, in the direction of the slice. @throws Problem 422 `invalid_cursor` */
export async function listPeople({ q, show }: PeopleFilter, slice: Slice): Promise<PersonRow[]> {
  const { from, backwards, limit } = slice
  const order = backwards ? 'desc' : 'asc'
  const query = people()
    .orderByRaw(`lower(name) ${order}, id ${order}`)
    .limit(limit + 1)
  if (show === 'disabled') query.whereNotNull('disabled_at')
  else if (show) query.where('role', show).whereNull('disabled_at')
  if (q) {
    query.whereRaw(
      '(strpos(search_text(name), search_text(:q)) > 0 or strpos(search_text(email), search_text(:q)) > 0)',
      { q }
    )
  }
  if (from) {
    if (from.length !== 2 || !isUuid(from[1])) throw invalidCursor()
    query.whereRaw(`(lower(name), id) ${backwards ? '<' : '>'} (lower(?), ?::uuid)`, from)
  }
  return query
}

/** @throws Problem 404 `not_found`, for a customer too */
export async function findPerson(id: string): Promise<PersonRow> {
  const person = isUuid(id) ? await people().where('id', id).first() : null
  if (!person) throw notFound('person')
  return person
}

function people() {
  return accounts()
    .from('accounts')
    .whereRaw(`role <> 'customer'`)
    .select('id', 'name', 'email', 'role')
    .select({ createdAt: 'created_at', disabledAt: 'disabled_at' })
    .select(
      accounts().raw(
        /* sql */ `
        (select count(*) from sessions
         where user_id = accounts.id::text and ${SESSION_LASTS})::int as sessions,
        (select max(expires_at) - make_interval(hours => ?) from sessions
         where user_id = accounts.id::text) as "lastSeen",
        (select count(*) from access_tokens where tokenable_id = accounts.id
           and (expires_at is null or expires_at > now()))::int as tokens`,
        [SESSION_HOURS]
      )
    )
}

export interface PeopleCounts {
  clerk: number
  operator: number
  admin: number
  service: number
  disabled: number
  invited: number
}

export async function countPeople(): Promise<PeopleCounts> {
  const { rows } = await accounts().rawQuery<{ rows: PeopleCounts[] }>(
    `select
       count(*) filter (where role = 'clerk' and disabled_at is null)::int as clerk,
       count(*) filter (where role = 'operator' and disabled_at is null)::int as operator,
       count(*) filter (where role = 'admin' and disabled_at is null)::int as admin,
       count(*) filter (where role = 'service' and disabled_at is null)::int as service,
       count(*) filter (where disabled_at is not null)::int as disabled,
       (select count(*) from invitations)::int as invited
     from accounts where role <> 'customer'`
  )
  return rows[0]
}

export interface InvitationRow extends Invitation {
  expired: boolean
  mail: 'pending' | 'sent' | 'given_up'
  mail_at: Date
  mail_error: string | null
}

/** Newest first, up to 50, each with its last mail. */
export async function listInvitations(): Promise<InvitationRow[]> {
  const { rows } = await accounts().rawQuery<{ rows: InvitationRow[] }>(
    `select invitations.*, expires_at <= now() as expired, status as mail,
       coalesce(sent_at, notifications.created_at) as mail_at, last_error as mail_error
     from invitations join notifications
       on notifications.invitation_id = invitations.id
      and notifications.revision = invitations.revision
     order by invitations.id desc limit 50`
  )
  return rows
}
