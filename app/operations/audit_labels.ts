import type { AuditLabels } from '#contracts/ports/audit_labels'

/** Audit labels of the operators' pages, by route name. */
export const auditLabels: AuditLabels = {
  'operations.letters.redrive': { words: 'redrove dead letters' },
  'operations.letters.discard': { words: 'discarded dead letters' },
  'operations.letters.unmask': { words: 'read a dead letter' },
  'operations.parked_keys.retry': { words: 'unparked a key' },
  'operations.mails.send_again': { words: 're-sent a mail' },
  'operations.mails.send_now': { words: 'sent a waiting mail now' },
  'operations.mails.hold': { words: 'held a mail' },
  'operations.mails.give_up': { words: 'gave up a mail' },
  'operations.replays.store': { words: 'replayed messages' },
  'operations.replays.resume': { words: 'continued a replay' },
}
