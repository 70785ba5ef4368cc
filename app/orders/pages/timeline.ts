/*
 * The one timeline of an order: each step with what followed from it. Oldest first: it is read as a story.
 */
import { stockIsHere } from '#config/app'
import { since } from '#admin/format'
import type { OrderStory } from '../order_story.ts'
import { awaitsAnswer, type MailKind } from '../order_status.ts'
import type { StepRow } from '../models/step_row.ts'
import { MAILS } from './mail_names.ts'
import { storyTeller, type Telling } from './step_words.ts'

type Message = OrderStory['messages'][number]
type Mail = OrderStory['mails'][number]

/** `id` is the row's, in the page. */
export type Entry = { id: string; at: Date } & (
  | ({ kind: 'step'; step: StepRow } & Telling)
  | { kind: 'message'; after: string; message: Message }
  /** What inventory has done about a message, and said: its page fills it in. */
  | { kind: 'stock'; after: string; href: string; isHere: boolean }
  | { kind: 'mail'; after: string; mail: Mail; name: string }
  /** Why, is inventory's to say. */
  | { kind: 'wait'; href: string; isHere: boolean }
)

/** Inventory's answers; each carries the id of the message that it was heard by. */
const ANSWERS = [
  'confirmed',
  'rejected',
  'change_accepted',
  'change_declined',
  'stock_released',
  'stock_deducted',
]
/** What orders says to inventory; it says its announcements to the world. */
const TARGETS = ['order_placed', 'order_revised', 'order_cancelled', 'order_fulfilled']

export function timelineOf(story: OrderStory): Entry[] {
  const { order, steps, messages, mails } = story
  const tell = storyTeller(story)
  const told = new Set<Message | Mail>()
  const once = <Told extends Message | Mail>(one: Told) => !told.has(one) && told.add(one)
  const entries = steps.flatMap((step): Entry[] => [
    { kind: 'step', id: `step-${step.sequence}`, at: step.at, step, ...tell(step) },
    ...messages
      .filter((message) => follows(message, step) && once(message))
      .flatMap((message) => [
        messageEntry(message, step.at),
        ...stockEntries(message, step.at, story),
      ]),
    ...mails
      .filter(({ kind, revision }) => kind === step.detail.mail && revision === step.revision)
      .filter(once)
      .map((mail) => mailEntry(mail, step.at)),
  ])
  const rest = [
    ...messages.filter(once).map((message) => messageEntry(message, message.createdAt)),
    ...mails.filter(once).map((mail) => mailEntry(mail, mail.createdAt)),
  ]
  const wait = { href: `/admin/stock/held-up/${order.id}`, isHere: stockIsHere }
  const waits: Entry[] = awaitsSomething(order)
    ? [{ kind: 'wait', id: 'wait', at: new Date(), ...wait }]
    : []
  return [...entries, ...rest, ...waits]
}

/** A caller's move says the target of its revision, again if it must; an answer is announced. */
function follows(
  { id, type, data, resendOf }: Message,
  { type: step, revision, message_id }: StepRow
) {
  if (TARGETS.includes(type))
    return message_id === id || (resendOf !== null && message_id === resendOf)
  return ANSWERS.includes(step) && (data as { revision: number }).revision === revision
}

function messageEntry(message: Message, from: Date): Entry {
  const at = message.createdAt
  return { kind: 'message', id: `message-${message.id}`, at, after: since(from, at), message }
}

function mailEntry(mail: Mail, from: Date): Entry {
  const at = mail.sentAt ?? mail.createdAt
  return {
    kind: 'mail',
    id: `mail-${mail.id}`,
    at,
    after: since(from, at),
    mail,
    name: MAILS[mail.kind as MailKind],
  }
}

/** From the moment on that stock has answered it, or a later one: before, there is nothing to tell. */
function stockEntries(
  { id, type, data, resendOf, createdAt }: Message,
  from: Date,
  story: OrderStory
): Entry[] {
  const { order, steps } = story
  if (!TARGETS.includes(type) || resendOf) return []
  const { revision } = data as { revision: number }
  const answers = steps.filter((step) => ANSWERS.includes(step.type))
  if (!answers.some((answer) => answer.revision >= revision)) return []
  const answer = answers.find((one) => one.revision === revision)
  const query = new URLSearchParams({ order: order.id, message: id, since: from.toISOString() })
  if (answer?.message_id) query.set('answer', answer.message_id)
  const after = answer ? since(from, answer.at) : ''
  const href = `/admin/stock/movements?${query}`
  return [{ kind: 'stock', id: `stock-${id}`, at: createdAt, after, href, isHere: stockIsHere }]
}

function awaitsSomething({ status, stockReleasedAt, stockDeductedAt }: OrderStory['order']) {
  if (status === 'cancelled') return stockReleasedAt === null
  if (status === 'fulfilled') return stockDeductedAt === null
  return awaitsAnswer(status)
}
