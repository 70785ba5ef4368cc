/*
 * What an operator's act came to, in the words that the next page says.
 */
import { number, plural } from '#admin/format'
import type { Notice } from '#admin/notices'
import type { DiscardedKey } from '#messaging/discard_letters'
import type { Redriven } from '#messaging/redrive_letters'

/** @param done - of each module */
export function redriven(done: Redriven[]): Notice {
  const sum = (of: 'handled' | 'freed' | 'junk') => done.reduce((all, one) => all + one[of], 0)
  const waiting = done.flatMap((one) => one.waiting)
  const parts = [
    `${plural(sum('handled'), 'letter')} handled, ${plural(sum('freed'), 'key')} free.`,
    waiting.length > 0 &&
      `${plural(waiting.length, 'key')} failed again and ${waiting.length === 1 ? 'waits' : 'wait'} on: what is wrong is wrong still.`,
    sum('junk') > 0 && `${number(sum('junk'))} still no message of ours.`,
    done.some(({ finished }) => !finished) && 'There was no time for all: redrive again to go on.',
  ]
  const all = waiting.length + sum('junk') === 0 && done.every(({ finished }) => finished)
  return {
    about: 'Redriven.',
    text: parts.filter(Boolean).join(' '),
    tone: all ? 'good' : 'warn',
  }
}

export function discarded(keys: DiscardedKey[]): Notice {
  const letters = keys.reduce((sum, one) => sum + one.discarded, 0)
  if (letters === 0)
    return { about: 'Nothing discarded.', text: 'No letter is like that any more.', tone: 'warn' }
  const wait = keys.filter(({ next }) => next).length
  return {
    about: 'Discarded.',
    text: `${plural(letters, 'letter')} of ${plural(keys.length, 'key')}, kept on record. ${wait === 0 ? 'No key waits because of them.' : `${plural(wait, 'key')} ${wait === 1 ? 'waits' : 'wait'} with what is left: redrive it.`}`,
  }
}

export function unparked(keys: string[]): Notice {
  if (keys.length === 0)
    return { about: 'Not parked.', text: 'The key is free already.', tone: 'warn' }
  return {
    about: 'Tried again.',
    text: 'What the broker still refuses is parked again in a moment.',
  }
}

export function sentAgain(kind: string): Notice {
  return {
    about: 'Sent again.',
    text: `The mail “${kind.replaceAll('_', ' ')}” is tried anew for a day.`,
  }
}

export function replaying(count: number): Notice {
  return {
    about: 'Replaying.',
    text: `${plural(count, 'message')} ${count === 1 ? 'is' : 'are'} published again. It is on record below.`,
  }
}
