/*
 * What is said of a change at the desk: from what to what.
 */
import { plural } from '#admin/format'
import type { OrderRecord } from '../models/order.ts'
import type { MailKind } from '../order_status.ts'
import { changesInWords } from './changes.ts'
import { MAILS } from './mail_names.ts'
import { pieces } from './shown_order.ts'

const about = ({ number }: OrderRecord) => number!

/** Without other lines it says so: who saves what is there already has changed nothing. */
export function revised({ order, linesChanged }: { order: OrderRecord; linesChanged: boolean }) {
  if (!linesChanged) return { about: about(order), text: 'has these lines already' }
  const { lines, requestedLines, revision } = order
  const changed = requestedLines
    ? changesInWords(lines, requestedLines)
    : plural(pieces(lines), 'piece')
  return { about: about(order), text: `asks for revision ${revision}: ${changed}` }
}

export function corrected({ order }: { order: OrderRecord }) {
  const to = order.shipTo ? `, to ${order.shipTo.country}` : ''
  return { about: about(order), text: `is for ${order.name}, ${order.email}${to}` }
}

export function noted(note: string | undefined) {
  return { about: 'Note', text: note ? 'is kept' : 'is taken away' }
}

export function cancelled(order: OrderRecord) {
  const freed =
    order.heldRevision === null
      ? 'nothing was held for it'
      : `${plural(pieces(order.lines), 'held piece')} go back to available`
  return { about: about(order), text: `is cancelled: ${freed}` }
}

export function fulfilled(order: OrderRecord) {
  const by = order.carrier ? ` with ${order.carrier}` : ''
  const text = `is fulfilled: ${plural(pieces(order.lines), 'piece')} of revision ${order.heldRevision}${by}`
  return { about: about(order), text }
}

export function sentAgain({ kind, email }: { kind: MailKind; email: string }) {
  return { about: `“${MAILS[kind]}”`, text: `goes out again, to ${email}` }
}
