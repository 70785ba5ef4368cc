/*
 * The timeline of an order, oldest first: each step, followed by the messages, stock movements and mails it caused.
 */
import { stockIsHere } from '#config/app'
import { since } from '#admin/format'
import { MAIL_SUBJECTS } from '../../mails/compose.ts'
import type { OrderHistory } from '../../queries/order_history.ts'
import { awaitsReply, type MailKind } from '../../order_state_machine.ts'
import type { StepRow } from '../../store/timeline.ts'
import { stepDescriber, type StepDescription } from './step_descriptions.ts'

type Message = OrderHistory['messages'][number]
type Mail = OrderHistory['mails'][number]

/** `id` is the id of the element in the page; `after` is the time since the step, as a text. */
export type Entry = { id: string; at: Date } & (
  | ({ kind: 'step'; step: StepRow } & StepDescription)
  | { kind: 'message'; after: string; message: Message }
  /** The stock movements that a message caused; a page of inventory provides them. */
  | { kind: 'stock'; after: string; href: string; isHere: boolean }
  | { kind: 'mail'; after: string; mail: Mail; subject: string }
  /** The order waits for stock; a page of inventory shows the reason. */
  | { kind: 'wait'; href: string; isHere: boolean }
)

/** Steps made by stock replies. */
const REPLIES = [
  'confirmed',
  'rejected',
  'change_accepted',
  'change_declined',
  'stock_released',
  'stock_deducted',
]
/** Messages that give inventory a target. */
const TARGETS = ['order_placed', 'order_revised', 'order_cancelled', 'order_fulfilled']

export function timelineOf(history: OrderHistory): Entry[] {
  const { order, steps, messages, mails } = history
  const describe = stepDescriber(history)
  const shown = new Set<Message | Mail>()
  const once = (one: Message | Mail) => !shown.has(one) && shown.add(one)
  const entries = steps.flatMap((step): Entry[] => [
    { kind: 'step', id: `step-${step.sequence}`, at: step.at, step, ...describe(step) },
    ...messages
      .filter((message) => follows(message, step) && once(message))
      .flatMap((message) => [
        messageEntry(message, step.at),
        ...stockEntries(message, step.at, history),
      ]),
    ...mails
      .filter(({ kind, revision }) => kind === step.detail.mail && revision === step.revision)
      .filter(once)
      .map((mail) => mailEntry(mail, step.at, order.number!)),
  ])
  const rest = [
    ...messages.filter(once).map((message) => messageEntry(message, message.createdAt)),
    ...mails.filter(once).map((mail) => mailEntry(mail, mail.createdAt, order.number!)),
  ]
  const wait = { href: `/admin/stock/held-up/${order.id}`, isHere: stockIsHere }
  const waits: Entry[] = awaitsStock(order)
    ? [{ kind: 'wait', id: 'wait', at: new Date(), ...wait }]
    : []
  return [...entries, ...rest, ...waits]
}

/** Whether the step emitted the message, or the message re-sends the one that it emitted. */
function follows(
  { id, type, data, resendOf }: Message,
  { type: step, revision, message_id }: StepRow
) {
  if (TARGETS.includes(type))
    return message_id === id || (resendOf !== null && message_id === resendOf)
  return REPLIES.includes(step) && (data as { revision: number }).revision === revision
}

function messageEntry(message: Message, from: Date): Entry {
  const at = message.createdAt
  return { kind: 'message', id: `message-${message.id}`, at, after: since(from, at), message }
}

function mailEntry(mail: Mail, from: Date, number: string): Entry {
  const at = mail.sentAt ?? mail.createdAt
  const subject = MAIL_SUBJECTS[mail.kind as MailKind](number)
  return { kind: 'mail', id: `mail-${mail.id}`, at, after: since(from, at), mail, subject }
}

/** One entry if inventory has replied to this message or a later one; before that there is nothing to show. */
function stockEntries(
  { id, type, data, resendOf, createdAt }: Message,
  from: Date,
  { order, steps }: OrderHistory
): Entry[] {
  if (!TARGETS.includes(type) || resendOf) return []
  const { revision } = data as { revision: number }
  const replies = steps.filter((step) => REPLIES.includes(step.type))
  if (!replies.some((reply) => reply.revision >= revision)) return []
  const reply = replies.find((one) => one.revision === revision)
  const query = new URLSearchParams({ order: order.id, message: id, since: from.toISOString() })
  if (reply?.message_id) query.set('answer', reply.message_id)
  const after = reply ? since(from, reply.at) : ''
  const href = `/admin/stock/movements?${query}`
  return [{ kind: 'stock', id: `stock-${id}`, at: createdAt, after, href, isHere: stockIsHere }]
}

function awaitsStock({ status, stockReleasedAt, stockDeductedAt }: OrderHistory['order']) {
  if (status === 'cancelled') return stockReleasedAt === null
  if (status === 'fulfilled') return stockDeductedAt === null
  return awaitsReply(status)
}
