import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { DateTime } from 'luxon'
import { publicUrl, timeZone } from '#config/app'
import type { MailRecipient, Notification } from '#mail/mail_rows'
import { accounts } from '../database.ts'
import { linkTo, type Invitation } from '../people/invitation.ts'

/** What each role does, to complete "You are invited to …". */
const WORK: Record<Invitation['role'], string> = {
  clerk: 'work with stock and orders',
  operator: 'operate the system',
  admin: 'administer the system',
}

/** The invitation mail; null when the invitation has been withdrawn. */
export async function composeInvitation({
  subject: id,
}: Notification): Promise<MessageComposeCallback | null> {
  const invitation: Invitation | null = await accounts().from('invitations').where('id', id).first()
  if (!invitation) return null
  const { host } = new URL(publicUrl)
  const until = DateTime.fromJSDate(invitation.expires_at, { zone: timeZone })
  const content = {
    title: 'You are invited to Quartermaster',
    name: invitation.name,
    work: WORK[invitation.role],
    host,
    link: linkTo(invitation),
    until: until.toFormat('cccc, d LLLL, HH:mm'),
    identity: `Sent to ${invitation.email} because an administrator of ${host} invited you. If you did not expect this invitation, ignore it.`,
  }
  return (message) => {
    message
      .to(invitation.email, invitation.name)
      .subject(content.title)
      .htmlView('accounts::mails/invitation', content)
      .textView('accounts::mails/invitation_text', content)
  }
}

/** The people whom these invitations invite, by invitation id. */
export async function invitedPeople(ids: string[]): Promise<Map<string, MailRecipient>> {
  const invitations: Invitation[] = await accounts().from('invitations').whereIn('id', ids)
  return new Map(invitations.map(({ id, name, email }) => [id, { about: name, address: email }]))
}
