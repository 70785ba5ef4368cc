import { number, plural } from '#admin/format'
import { importRetention } from '#config/app'
import { ignoredQuantities } from '../../imports/file/columns.ts'
import { progressOf } from '../../api/transformers/import_body.ts'
import {
  NOTHING_COUNTED,
  type ImportRecord,
  type ImportStatus,
} from '../../imports/import_record.ts'

/** Label, icon and tone. */
const STATES: Record<ImportStatus, [label: string, shape: string, tone?: 'good' | 'bad']> = {
  uploading: ['uploading', 'pending'],
  scanning: ['open', 'pending'],
  reading: ['reading', 'pending'],
  ready: ['dry run', 'pending'],
  applying: ['applying', 'updating'],
  applied: ['applied', 'confirmed', 'good'],
  reversing: ['undoing', 'updating'],
  reversed: ['undone', 'cancelled'],
  failed: ['unreadable', 'rejected', 'bad'],
  discarded: ['discarded', 'cancelled'],
}

/** An import or a receipt as the pages show it. */
export function importView(record: ImportRecord) {
  const { id, name, reference, source, status } = record
  const counts = { ...NOTHING_COUNTED, ...record.counts }
  const [label, shape, tone = null] = STATES[status]
  return {
    ...record,
    counts,
    home: `/admin/stock/imports/${id}`,
    title: name ?? reference ?? (source === 'scan' ? 'Goods received' : 'Unnamed file'),
    state: { label, shape, tone },
    progress: progressOf(record),
    ignoredQuantities: ignoredQuantities(record.ignored_columns),
    /** Rows with an effect. */
    effective: counts.rows - counts.errors - counts.unchanged,
    problems: counts.errors + counts.refused + counts.stays,
    /** The effect of applying: "388 changes and 12 counts"; empty for none. */
    applies: describe(counts.rows - counts.errors - counts.unchanged, counts.agreed),
    /** Whether its rows have been deleted. */
    forgotten: isForgotten(record),
    /** The effect of undoing, in the same words; empty for none. */
    undoes: undoes(record),
  }
}

/** Whether its rows have been deleted: docs/settings.md, IMPORT_RETENTION. */
function isForgotten(record: ImportRecord): boolean {
  const { reversed_at: reversed, applied_at: applied, read_at: read, created_at: created } = record
  const open = ['scanning', 'reading', 'applying', 'reversing'].includes(record.status)
  return !open && isTooOld(reversed ?? applied ?? read ?? created)
}

function isTooOld(ended: Date) {
  return Date.now() - Number(ended) > importRetention
}

function undoes({ status, counts, applied_at: applied }: ImportRecord): string {
  if (applied && isTooOld(applied)) return ''
  if (status === 'applied') return describe(counts.moved, counts.recorded)
  return status === 'reversed' && counts.stays > 0 ? `the remaining ${number(counts.stays)}` : ''
}

/** @param counts - number of counts that agree with the books */
function describe(changes: number, counts: number): string {
  const parts = [changes > 0 && plural(changes, 'change'), counts > 0 && plural(counts, 'count')]
  return parts.filter(Boolean).join(' and ')
}
