import type { StaffActs } from '#contracts/staff_acts'

/** What operators do at their pages, by the names of the routes. */
export const staffActs: StaffActs = {
  'operations.letters.redrive': { words: 'redrove dead letters' },
  'operations.letters.discard': { words: 'discarded dead letters' },
  'operations.letters.unmask': { words: 'read a dead letter' },
  'operations.parked_keys.retry': { words: 'unparked a key' },
  'operations.mails.send_again': { words: 'sent a mail again' },
  'operations.replays.store': { words: 'replayed messages' },
  'operations.replays.resume': { words: 'went on with a replay' },
}
