/*
 * Notices about the result of an operator's action, shown on the next page.
 */
import { number, plural } from '#admin/format'
import type { Notice } from '#admin/notices'
import type { ChangedMail } from '#mail/operators/change_pending'
import type { Discard } from '#messaging/recovery/discard'
import type { Redriven } from '#messaging/recovery/redrive'

/** @param done - of each module */
export function redriven(done: Redriven[]): Notice {
  const sum = (of: 'handled' | 'freed' | 'junk') => done.reduce((all, one) => all + one[of], 0)
  const waiting = done.flatMap((one) => one.waiting)
  const parts = [
    `${plural(sum('handled'), 'message')} handled, ${plural(sum('freed'), 'key')} unblocked.`,
    waiting.length > 0 &&
      `${plural(waiting.length, 'key')} failed again and ${waiting.length === 1 ? 'stays' : 'stay'} blocked.`,
    sum('junk') > 0 && `${number(sum('junk'))} still malformed.`,
    done.some(({ finished }) => !finished) &&
      'Not all were redriven in time: redrive again to continue.',
  ]
  const all = waiting.length + sum('junk') === 0 && done.every(({ finished }) => finished)
  return {
    about: 'Redriven.',
    text: parts.filter(Boolean).join(' '),
    tone: all ? 'good' : 'warn',
  }
}

export function discarded({ keys, finished }: Discard): Notice {
  const count = keys.reduce((sum, one) => sum + one.discarded, 0)
  if (count === 0 && finished)
    return { about: 'Nothing discarded.', text: 'No dead letter matches any more.', tone: 'warn' }
  const wait = keys.filter(({ next }) => next).length
  return {
    about: finished ? 'Discarded.' : 'Not all discarded in time.',
    ...(!finished && { tone: 'warn' as const }),
    text: `${finished ? '' : 'Confirm the rest below. '}${plural(count, 'dead letter')} of ${plural(keys.length, 'key')}. ${wait === 0 ? 'No key is blocked by them.' : `${plural(wait, 'key')} ${wait === 1 ? 'is' : 'are'} still blocked: redrive the rest.`}`,
  }
}

export function unparked(keys: string[]): Notice {
  if (keys.length === 0)
    return { about: 'Not parked.', text: 'The key is not parked any more.', tone: 'warn' }
  return {
    about: 'Retrying.',
    text: 'If the broker refuses the message again, the key is parked again.',
  }
}

export function sentAgain({ kind }: { kind: string }): Notice {
  return {
    about: 'Sending again.',
    text: `Delivery of the mail “${titleOf(kind)}” is attempted for a day.`,
  }
}

export function sendingNow({ kind, before, changed }: ChangedMail): Notice {
  if (changed)
    return {
      about: 'Sending now.',
      text: `The mail “${titleOf(kind)}” is next, or sent in a minute if the server has a copy that it has not confirmed.`,
    }
  if (before === 'held') return unchanged(kind, 'is held by another operator')
  if (before !== 'pending') return unchanged(kind, ENDED[before])
  return unchanged(kind, 'was attempted meanwhile, or is attempted within a minute')
}

export function held({ kind, before }: ChangedMail): Notice {
  if (before === 'sent' || before === 'given_up') return unchanged(kind, ENDED[before])
  return {
    about: 'Held.',
    text: `The mail “${titleOf(kind)}” and later mails of its subject wait until you send it or give it up. An attempt that has just ended may still have delivered it.`,
  }
}

export function givenUp({ kind, before }: ChangedMail): Notice {
  if (before === 'sent' || before === 'given_up') return unchanged(kind, ENDED[before])
  return {
    about: 'Given up.',
    text: `The mail “${titleOf(kind)}” is not sent. The next mail of its subject is.`,
  }
}

const ENDED = { sent: 'was sent meanwhile', given_up: 'was given up already' }

function unchanged(kind: string, reason: string): Notice {
  return { about: 'Nothing changed.', text: `The mail “${titleOf(kind)}” ${reason}.`, tone: 'warn' }
}

/** @param kind - of a mail, such as `order_confirmed` */
function titleOf(kind: string) {
  return kind.replaceAll('_', ' ')
}

export function replaying(count: number): Notice {
  return {
    about: 'Replaying.',
    text: `${plural(count, 'message')} ${count === 1 ? 'is' : 'are'} published again. See the operator actions below.`,
  }
}
