import pg from 'pg'

/** The statements that reach PostgreSQL while something is done, on whatever connection. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = []
  const { query } = pg.Client.prototype as { query: (...given: any[]) => unknown }
  pg.Client.prototype.query = function (this: pg.Client, ...given: any[]) {
    const text: string = typeof given[0] === 'string' ? given[0] : given[0].text
    // What a new connection begins with, and the word to whoever follows orders, are no part of the work.
    if (!/^set |pg_notify/i.test(text.trim())) statements.push(text)
    return query.apply(this, given)
  } as never
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query as never
  }
  return statements
}
