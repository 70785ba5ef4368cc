import db from '@adonisjs/lucid/services/db'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { DateTime } from 'luxon'
import { publicUrl, timeZone } from '#config/app'
import type { Notification } from '#mail/queue'
import { linkTo, type Invitation } from '../people/invitation.ts'

/** What they will do, in words of theirs. */
const WORK: Record<Invitation['role'], string> = {
  clerk: 'work on the stock and the orders',
  operator: 'look after its operation',
  admin: 'administer it',
}

/** What somebody reads who is invited to the staff; null when the invitation is withdrawn meanwhile. */
export async function composeInvitation({
  subject: id,
}: Notification): Promise<MessageComposeCallback | null> {
  const invitation: Invitation | null = await db
    .connection('accounts')
    .from('invitations')
    .where('id', id)
    .first()
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
    identity: `Sent to ${invitation.email}, because somebody who administers ${host} asked for it. Was it not meant for you? Then do nothing.`,
  }
  return (message) => {
    message
      .to(invitation.email, invitation.name)
      .subject(content.title)
      .htmlView('accounts::mails/invitation', content)
      .textView('accounts::mails/invitation_text', content)
  }
}
