/** Lists and figures count exactly up to 10,000; 10,001 means "more than 10,000". */
export const COUNT_LIMIT = 10_001

/**
 * An SQL expression that counts rows up to `COUNT_LIMIT`, so that its cost does not grow with the table.
 *
 * @param rows - the SQL after `from`: a table with an optional `where`
 */
export function boundedCount(rows: string): string {
  return `(select count(*) from (select from ${rows} limit ${COUNT_LIMIT}) as counted)::int`
}
