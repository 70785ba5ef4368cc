import pg from 'pg'

/**
 * The statements that something takes, on whatever connection: the fewest of three times, since what goes on
 * beside it, such as the feed of the orders' steps, may add some of its own.
 */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const times = [
    await statementsDuring(work),
    await statementsDuring(work),
    await statementsDuring(work),
  ]
  return times.sort((some, others) => some.length - others.length)[0]
}

async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = []
  const { query } = pg.Client.prototype as { query: (...given: any[]) => unknown }
  pg.Client.prototype.query = function (this: pg.Client, ...given: any[]) {
    const text: string = typeof given[0] === 'string' ? given[0] : given[0].text
    // What a new connection begins with, the word to whoever follows orders, and the consumers' signs are no
    // part of the work.
    if (!/^set |pg_notify|consumer_runs/i.test(text.trim())) statements.push(text)
    return query.apply(this, given)
  } as never
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query as never
  }
  return statements
}
