/*
 * The statements that the app sends, with the values of their first execution.
 */
import pg from 'pg'

export interface RecordedStatement {
  module: string
  /** Of a prepared statement, which PostgreSQL may plan without its values; else undefined. */
  name: string | undefined
  text: string
  values: unknown[]
}

/** Statements without a plan, and one that takes a sample. */
const WITHOUT_PLAN =
  /^\s*(begin|commit|rollback|savepoint|release|set|listen|unlisten|notify|select analyze_import_rows\(\))|^\s*$/i

/** Records each different statement on the connections of requests and workers, until `stop`. */
export function recordStatements() {
  const recorded = new Map<string, RecordedStatement>()
  const { query } = pg.Client.prototype as { query: (...given: any[]) => unknown }
  pg.Client.prototype.query = function (this: pg.Client, ...given: any[]) {
    const [asked, more] = given
    const {
      name,
      text,
      values = Array.isArray(more) ? more : [],
    } = typeof asked === 'string' ? { text: asked } : asked
    const module = moduleOf(this)
    if (module && text && !WITHOUT_PLAN.test(text)) {
      const key = `${module} ${text}`
      if (!recorded.has(key)) recorded.set(key, { module, name, text, values })
    }
    return query.apply(this, given)
  } as never
  return {
    statements: () => [...recorded.values()],
    stop() {
      pg.Client.prototype.query = query as never
    },
  }
}

/** The module whose role a connection has; null for connections of migrations and tests. */
function moduleOf(client: pg.Client): string | null {
  const { options } = (client as unknown as { connectionParameters: { options?: string } })
    .connectionParameters
  return /role=(\w+)_app/.exec(options ?? '')?.[1] ?? null
}
