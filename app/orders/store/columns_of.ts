/** The values of each column of these rows, for `unnest`; objects as JSON. */
export function columnsOf<Row extends object>(
  rows: Row[],
  names: readonly (keyof Row)[]
): unknown[][] {
  return names.map((name) => rows.map((row) => asParameter(row[name])))
}

function asParameter(value: unknown) {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}
