import pg from 'pg'

/**
 * The statements that something takes, on whatever connection: the fewest of six times, since what goes on
 * beside it, such as the feed of the orders' steps, may add some of its own.
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
    // Set-up of a connection, notifications of live streams, heartbeats of consumers and the session's end,
    // which is moved once a minute, do not count.
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
