/*
 * Scenario: a page of a list, with few and with many stored orders.
 */
import { startApp, type AppUnderTest } from '../under_test/app.ts'
import { startDatabase, type DatabaseUnderTest } from '../under_test/database.ts'
import type { Endings } from '../under_test/endings.ts'
import { describeMachine, distribution, type Distribution } from '../report.ts'

const FEW = 10_000
const WARM_UP = 200
const REQUESTS = 1_000
const PAGES = [
  'status=confirmed&limit=50',
  'status=pending&status=updating&limit=50',
  'limit=50',
  'sku=MUG-RED&limit=50',
  'email=person-77@example.com&limit=50',
]

export interface ListsResult {
  scenario: 'lists'
  machine: ReturnType<typeof describeMachine>
  pages: { query: string; few: Distribution; many: Distribution }[]
}

/** @param orders - number of stored orders in the second half */
export async function lists(orders: number, endings: Endings): Promise<ListsResult> {
  const machine = describeMachine()
  const dataDir = endings.newDataDirectory()
  const database = await startDatabase(dataDir, false, endings)
  const app = await startApp({ dataDir }, endings)

  await store(database, FEW)
  const few = await measure(app)
  await store(database, orders - FEW)
  const many = await measure(app)
  const pages = PAGES.map((query, place) => ({ query, few: few[place], many: many[place] }))
  return { scenario: 'lists', machine, pages }
}

/** Orders of two lines, one each ten seconds, the newest now; one of a hundred waits for a reply. */
async function store(database: DatabaseUnderTest, count: number) {
  console.error(`… storing ${count} orders`)
  await database.query(
    `with placed as (
       insert into orders.orders (id, customer_id, status, revision, held_revision, email, name, currency, placed_at, updated_at)
       select uuidv7(age), gen_random_uuid(),
         case when n % 100 = 0 then 'pending' when n % 5 = 0 then 'confirmed' when n % 17 = 0 then 'cancelled' else 'fulfilled' end,
         1, 1, 'person-' || n % 5000 || '@example.com', 'Person', 'EUR', now() + age, now() + age
       from (select n, -n * interval '10 seconds' as age from generate_series(0, $1::int - 1) as n) as each
       returning id
     )
     insert into orders.order_lines (order_id, revision, position, sku, name, quantity, unit_price)
     select id, 1, position, sku, sku, 1, 1250
     from placed, unnest(array['MUG-RED', 'TEA-GREEN']) with ordinality as line(sku, position)`,
    [count]
  )
  await database.query('vacuum analyze orders.orders')
  await database.query('vacuum analyze orders.order_lines')
}

/** Sends requests one after the other. */
async function measure({ url, token }: AppUnderTest): Promise<Distribution[]> {
  const measured: Distribution[] = []
  for (const query of PAGES) {
    const took: number[] = []
    for (let n = -WARM_UP; n < REQUESTS; n++) {
      const began = performance.now()
      const answer = await fetch(`${url}/api/v1/orders?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`?${query} answers ${answer.status}`)
      if (n >= 0) took.push(performance.now() - began)
    }
    measured.push(distribution(took))
  }
  return measured
}

export function listsTable({ machine, pages }: ListsResult): string {
  const { cpu, cores, node, date, load } = machine
  return [
    '### lists, one page, milliseconds',
    '',
    '| GET /orders? | p50 few | p50 many | p99 few | p99 many | p99 ratio |',
    '| --- | --: | --: | --: | --: | --: |',
    ...pages.map(({ query, few, many }) => {
      const cells = [few.p50, many.p50, few.p99, many.p99, many.p99 / few.p99]
      return `| ${query} | ${cells.map((each) => each.toFixed(2)).join(' | ')} |`
    }),
    '',
    `- ${cpu}, ${cores} cores, Node ${node}, ${date}, load before ${load}`,
  ].join('\n')
}
