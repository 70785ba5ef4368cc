/*
 * Tickets for streams: a browser's EventSource cannot send headers, and an access token in a URL ends up in
 * logs. A ticket is valid for one path, for 15 minutes, and no longer than the token that created it.
 */
import encryption from '@adonisjs/core/services/encryption'
import { publicUrl } from '#config/app'

const MINUTES = 15
const PURPOSE = 'ticket'

interface Ticket {
  path: string
  tokenId: string
}

/** @param path - begins with a slash */
export function ticketFor(path: string, tokenId: string) {
  const ticket = encryption.encrypt({ path, tokenId }, `${MINUTES} mins`, PURPOSE)
  return {
    url: `${publicUrl}${path}?ticket=${encodeURIComponent(ticket)}`,
    expiresAt: new Date(Date.now() + MINUTES * 60_000).toISOString(),
  }
}

/** @returns the id of the token; null for a ticket that is wrong, expired, or for another path */
export function openTicket(ticket: string, path: string): string | null {
  const opened = encryption.decrypt<Ticket>(ticket, PURPOSE)
  return opened?.path === path ? opened.tokenId : null
}
