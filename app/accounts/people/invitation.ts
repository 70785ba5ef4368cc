/*
 * Invitations: a mail with a link to set a password. The link works once, for a week, and only until another
 * mail is sent. It is encrypted with the app's key and never stored.
 */
import encryption from '@adonisjs/core/services/encryption'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { publicUrl } from '#config/app'
import { accounts } from '../database.ts'
import type { StaffRole } from './change_role.ts'

export const INVITATION_DAYS = 7
const PURPOSE = 'invitation'

export interface Invitation {
  id: string
  email: string
  name: string
  role: StaffRole
  /** Of the mail whose link is valid. */
  revision: number
  created_at: Date
  expires_at: Date
}

export function linkTo({ id, revision }: Invitation): string {
  const token = encryption.encrypt({ id, revision }, undefined, PURPOSE)
  return `${publicUrl}/admin/invitation?token=${encodeURIComponent(token)}`
}

/**
 * @param trx - locks the invitation until the transaction ends
 * @returns null for a link that is used, expired, withdrawn, superseded or forged
 */
export async function openInvitation(
  token: unknown,
  trx?: TransactionClientContract
): Promise<Invitation | null> {
  if (typeof token !== 'string') return null
  const opened = encryption.decrypt<{ id: string; revision: number }>(token, PURPOSE)
  if (!opened) return null
  const query = (trx ?? accounts())
    .from('invitations')
    .where({ id: opened.id, revision: opened.revision })
    .where('expires_at', '>', new Date())
  return trx ? query.forUpdate().first() : query.first()
}
