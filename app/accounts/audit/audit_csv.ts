import { auditLabelOf } from '#admin/audit_labels'
import { csvLine } from '#admin/csv'
import { readAudit, type AuditFilter, type AuditRow } from './read_audit.ts'

const AT_A_TIME = 2_000

const COLUMNS: [string, (row: AuditRow) => unknown][] = [
  ['at', (row) => row.at.toISOString()],
  ['who', (row) => row.account_name],
  ['account_id', (row) => row.account_id],
  ['role', (row) => row.role],
  ['act', (row) => auditLabelOf(row.act).words],
  ['thing', (row) => [row.thing, ...(row.also ?? [])].join(' ')],
  ['path', (row) => row.path],
  ['detail', (row) => JSON.stringify(row.detail)],
  ['address', (row) => row.address],
  ['status', (row) => row.status],
  ['request_id', (row) => row.request_id],
  ['id', (row) => row.id],
]

/** Newest first, read in chunks, so that an audit of any length fits into memory. */
export async function* auditLines(filter: AuditFilter) {
  yield csvLine(COLUMNS.map(([name]) => name))
  let from: string[] | null = null
  for (;;) {
    const slice = { from, backwards: false, limit: AT_A_TIME }
    const rows: AuditRow[] = await readAudit(filter, slice)
    const page = rows.slice(0, AT_A_TIME)
    yield page.map((row) => csvLine(COLUMNS.map(([, value]) => value(row)))).join('')
    if (rows.length <= AT_A_TIME) return
    from = [page.at(-1)!.id]
  }
}
