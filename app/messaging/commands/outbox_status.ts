import type { ClientConfig } from 'pg'
import { ReportCommand } from '#console/report_command'

type Status = Awaited<ReturnType<typeof statusOf>>

const COLUMNS: [name: string, value: (status: Status) => string | number][] = [
  ['Module', ({ module }) => module],
  ['Pending', ({ pending }) => pending],
  ['Replayed', ({ replayed }) => replayed],
  ['Oldest', ({ oldestSeconds: age }) => (age === null ? '–' : `${age.toFixed(1)} s`)],
  ['Published/min', ({ publishedPerMinute }) => publishedPerMinute],
  ['Parked keys', ({ parkedKeys }) => parkedKeys],
  ['Dead letters', ({ deadLetters }) => deadLetters],
  ['Blocked keys', ({ waitingKeys }) => waitingKeys],
]

export default class OutboxStatus extends ReportCommand {
  static commandName = 'outbox:status'
  static description = 'Show the backlog of each outbox and its age'
  static help = [
    'Exit codes: 0; 4: the database is unreachable.',
    'Example: node ace outbox:status --json',
  ]

  async execute() {
    const { config } = await this.app.container.make('messaging')
    const data = await Promise.all(config.modules.map(statusOf))
    if (this.json) return this.logger.log(JSON.stringify({ data }))
    const table = this.ui.table()
    table.head(COLUMNS.map(([name]) => name))
    for (const status of data) table.row(COLUMNS.map(([, value]) => String(value(status))))
    table.render()
  }
}

async function statusOf({ name, direct }: { name: string; direct: ClientConfig }) {
  const { withDedicatedConnection } = await import('#postgres/dedicated_connection')
  const { readBacklog } = await import('../recovery/backlog.ts')
  const backlog = await withDedicatedConnection(direct, (client) =>
    readBacklog(client, name, { throughput: true, exact: true })
  )
  const { pending, parkedReplays, oldest } = backlog
  return {
    module: name,
    /** Without replays, whether their key is parked or not. */
    pending: pending.waiting + pending.parked - parkedReplays,
    replayed: pending.replayed + parkedReplays,
    oldestSeconds: pending.waiting > 0 ? oldest.waiting : null,
    publishedPerMinute: backlog.throughput!.publishedPerMinute,
    parkedKeys: backlog.parkedKeys,
    deadLetters: backlog.deadLetters,
    waitingKeys: backlog.blockedKeys,
  }
}
