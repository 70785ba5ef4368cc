/*
 * The problems of an import as CSV.
 */
import { csvLine, unguarded } from '#admin/csv'
import { csvRows, type CsvRow } from './file/csv_rows.ts'
import { isProblemColumn, PROBLEM_COLUMN } from './file/columns.ts'
import { wrongRows } from './find_imports.ts'
import type { ImportRecord } from './import_record.ts'
import { storedFile } from './stored_file.ts'

/** One line per problem. */
export async function* errorsCsv(id: string) {
  yield csvLine(['row', 'sku', 'column', 'problem'])
  for await (const { row, sku, errors } of wrongRows(id)) {
    yield errors.map(({ column, detail }) => csvLine([row, sku, column, detail])).join('')
  }
}

/**
 * The rows with problems in the columns and with the separator of the file, and the problems in a last column:
 * to be corrected and uploaded again. Without a stored file, the same as `errorsCsv`.
 */
export async function* wrongRowsCsv({ id, encoding }: ImportRecord) {
  const file = csvRows(storedFile(id), encoding ?? 'utf-8')
  const header = await file.next()
  if (header.done) return yield* errorsCsv(id)
  const { cells: headings, separator } = header.value as CsvRow
  // A corrected file that is wrong again still has the column.
  const own = headings.map((heading, index) => [heading, index] as const)
  const kept = own.filter(([heading]) => !isProblemColumn(heading)).map(([, index]) => index)
  const line = (raw: string[], problem: string) => {
    const cells = raw.map(unguarded)
    const extra = cells.slice(headings.length)
    return csvLine([...kept.map((index) => cells[index]), problem, ...extra], separator)
  }
  yield line(headings, PROBLEM_COLUMN)
  try {
    for await (const { row, errors } of wrongRows(id)) {
      let found = await file.next()
      while (!found.done && found.value.row < row) found = await file.next()
      if (found.done) return
      const reasons = errors.map(({ detail }) => detail).join(' ')
      yield line(found.value.cells, `Row ${row}: ${reasons}`)
    }
  } finally {
    await file.return(undefined)
  }
}
