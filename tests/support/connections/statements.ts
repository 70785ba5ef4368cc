import pg from 'pg'

/**
 * The SQL statements of some work, on any connection: the fewest of six runs, since background work, such as
 * the feed of live steps, may add its own.
 */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const times: string[][] = []
  for (let n = 0; n < 6; n++) times.push(await statementsDuring(work))
  return times.sort((some, others) => some.length - others.length)[0]
}

async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = []
  const { query } = pg.Client.prototype as { query: (...given: any[]) => unknown }
  pg.Client.prototype.query = function (this: pg.Client, ...given: any[]) {
    const text: string = typeof given[0] === 'string' ? given[0] : given[0].text
    // Not counted: connection set-up, notifications of live streams, heartbeats of consumers, and the
    // session's expiry, which is extended once a minute.
    if (!/^set |pg_notify|consumer_runs|^insert into "sessions"/i.test(text.trim()))
      statements.push(text)
    return query.apply(this, given)
  } as never
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query as never
  }
  return statements
}
