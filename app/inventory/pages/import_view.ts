import type { ImportRecord, ImportStatus } from '../imports/import_record.ts'
import { progressOf } from '../transformers/import_body.ts'

/** The word, the shape before it and its tone. */
const STATES: Record<ImportStatus, [word: string, shape: string, tone?: 'good' | 'bad']> = {
  uploading: ['coming in', 'pending'],
  scanning: ['being scanned', 'pending'],
  reading: ['being read', 'pending'],
  ready: ['dry run', 'pending'],
  applying: ['being applied', 'updating'],
  applied: ['applied', 'confirmed', 'good'],
  reversing: ['being undone', 'updating'],
  reversed: ['undone', 'cancelled'],
  failed: ['cannot be read', 'rejected', 'bad'],
  discarded: ['dropped', 'cancelled'],
}

/** An import or a receipt as the pages show it. */
export function importView(record: ImportRecord) {
  const { counts, id, name, reference, source, status } = record
  const [word, shape, tone = null] = STATES[status]
  return {
    ...record,
    home: `/admin/stock/imports/${id}`,
    title: name ?? reference ?? (source === 'scan' ? 'Goods received' : 'A file without a name'),
    state: { word, shape, tone },
    progress: progressOf(record),
    /** Rows that do something. */
    effective: counts.rows - counts.errors - counts.unchanged,
    problems: counts.errors + counts.refused + counts.stays,
    /** Rows that an undo would move back. */
    undoable: status === 'applied' ? counts.moved : status === 'reversed' ? counts.stays : 0,
  }
}
