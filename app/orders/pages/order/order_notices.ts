/*
 * The notices after a form of the order page: each confirms the change.
 */
import { plural } from '#admin/format'
import type { OrderRecord } from '../../store/order.ts'
import { countUnits } from '../../order_lines.ts'
import { MAIL_SUBJECTS } from '../../mails/compose.ts'
import type { MailKind } from '../../order_state_machine.ts'
import { describeChanges } from './describe_lines.ts'

const about = ({ number }: OrderRecord) => number!

export function revised({ order, linesChanged }: { order: OrderRecord; linesChanged: boolean }) {
  if (!linesChanged) return { about: about(order), text: 'already has these lines' }
  const { lines, requestedLines, revision } = order
  const changed = requestedLines
    ? describeChanges(lines, requestedLines)
    : plural(countUnits(lines), 'unit')
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
      : `${plural(countUnits(order.lines), 'held unit')} will be released`
  return { about: about(order), text: `cancelled: ${freed}` }
}

export function fulfilled(order: OrderRecord) {
  const by = order.carrier ? ` with ${order.carrier}` : ''
  const shipped = plural(countUnits(order.lines), 'unit')
  return {
    about: about(order),
    text: `fulfilled: ${shipped} of revision ${order.heldRevision}${by}`,
  }
}

export function resent({ kind, number, email }: { kind: MailKind; number: string; email: string }) {
  return { about: `“${MAIL_SUBJECTS[kind](number)}”`, text: `will be sent again to ${email}` }
}
