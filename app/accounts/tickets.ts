/*
 * Tickets: a browser's EventSource can send no header, and an access token in an address ends up in
 * logs. A ticket opens one path, for a while, for as long as the token lives that it was made with.
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

/** @returns the token's id; null for a ticket that is wrong, old, or for another path */
export function openTicket(ticket: string, path: string): string | null {
  const opened = encryption.decrypt<Ticket>(ticket, PURPOSE)
  return opened?.path === path ? opened.tokenId : null
}
