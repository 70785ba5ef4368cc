/*
 * The notices that confirm what a form changed.
 */
import { plural } from '#admin/format'
import type { OrderRecord } from '../../store/order.ts'
import { countPieces } from '../../order_lines.ts'
import type { MailKind } from '../../order_state_machine.ts'
import { describeChanges } from './changes.ts'
import { MAILS } from './mail_names.ts'

const about = ({ number }: OrderRecord) => number!

export function revised({ order, linesChanged }: { order: OrderRecord; linesChanged: boolean }) {
  if (!linesChanged) return { about: about(order), text: 'already has these lines' }
  const { lines, requestedLines, revision } = order
  const changed = requestedLines
    ? describeChanges(lines, requestedLines)
    : plural(countPieces(lines), 'piece')
  return { about: about(order), text: `requests revision ${revision}: ${changed}` }
}

export function corrected({ order }: { order: OrderRecord }) {
  const to = order.shipTo ? `, ${order.shipTo.country}` : ''
  return { about: about(order), text: `saved: ${order.name}, ${order.email}${to}` }
}

export function noted(note: string | undefined) {
  return { about: 'Note', text: note ? 'saved' : 'deleted' }
}

export function cancelled(order: OrderRecord) {
  const freed =
    order.heldRevision === null
      ? 'no stock was held'
      : `${plural(countPieces(order.lines), 'held piece')} will be released`
  return { about: about(order), text: `cancelled: ${freed}` }
}

export function fulfilled(order: OrderRecord) {
  const by = order.carrier ? ` with ${order.carrier}` : ''
  const shipped = plural(countPieces(order.lines), 'piece')
  return {
    about: about(order),
    text: `fulfilled: ${shipped} of revision ${order.heldRevision}${by}`,
  }
}

export function resent({ kind, email }: { kind: MailKind; email: string }) {
  return { about: `“${MAILS[kind]}”`, text: `will be sent again to ${email}` }
}
