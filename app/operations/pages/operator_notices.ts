/*
 * Notices about the result of an operator's action, shown on the next page.
 */
import { number, plural } from '#admin/format'
import type { Notice } from '#admin/notices'
import type { DiscardedKey } from '#messaging/recovery/discard'
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

export function discarded(keys: DiscardedKey[]): Notice {
  const count = keys.reduce((sum, one) => sum + one.discarded, 0)
  if (count === 0)
    return { about: 'Nothing discarded.', text: 'No dead letter matches any more.', tone: 'warn' }
  const wait = keys.filter(({ next }) => next).length
  return {
    about: 'Discarded.',
    text: `${plural(count, 'dead letter')} of ${plural(keys.length, 'key')}. ${wait === 0 ? 'No key is blocked by them.' : `${plural(wait, 'key')} ${wait === 1 ? 'is' : 'are'} still blocked: redrive the rest.`}`,
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

export function sentAgain(kind: string): Notice {
  return {
    about: 'Sending again.',
    text: `Delivery of the mail “${kind.replaceAll('_', ' ')}” is attempted for a day.`,
  }
}

export function replaying(count: number): Notice {
  return {
    about: 'Replaying.',
    text: `${plural(count, 'message')} ${count === 1 ? 'is' : 'are'} published again. See the operator actions below.`,
  }
}
