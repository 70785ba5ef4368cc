import './client_corrections.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError, type ClientConfig } from 'pg'

/** Work is aborted when the server has been silent for this long. */
const SILENT_AFTER_MS = 30_000

/**
 * Opens a connection outside the pool and its time limits; the caller ends it. After a loss of the connection, the next
 * statement fails.
 *
 * @throws the connection error
 */
export async function openDedicatedConnection(direct: ClientConfig): Promise<Client> {
  const client = new Client(direct)
  // Without a listener, the loss of an idle connection would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** `withDedicatedConnections` for one. */
export async function withDedicatedConnection<Result>(
  direct: ClientConfig,
  work: (client: Client) => Promise<Result>
): Promise<Result> {
  return withDedicatedConnections([direct], ([client]) => work(client))
}

/**
 * Runs work on dedicated connections and ends them. Statements have no time limit. But a dead network is not reported on
 * an open connection, so the work is aborted if a server accepts no new connection for `silentAfter` milliseconds.
 *
 * @throws an error with the code ETIMEDOUT when a server is silent
 */
export async function withDedicatedConnections<Result>(
  all: ClientConfig[],
  work: (clients: Client[]) => Promise<Result>,
  silentAfter = SILENT_AFTER_MS
): Promise<Result> {
  const clients: Client[] = []
  const done = new AbortController()
  try {
    for (const direct of all) clients.push(await openDedicatedConnection(direct))
    const silent = all.map(async (direct) => {
      await untilSilent(direct, silentAfter, done.signal)
      clients.forEach(destroy)
      const message = `no response for ${Math.round(silentAfter / 1_000)} s`
      throw Object.assign(new Error(message), { code: 'ETIMEDOUT' })
    })
    return await Promise.race([work(clients), ...silent])
  } finally {
    done.abort()
    await Promise.all(clients.map((client) => client.end()))
  }
}

/** Resolves when two new connections in a row get no response. @throws when the signal aborts */
async function untilSilent(direct: ClientConfig, silentAfter: number, signal: AbortSignal) {
  const timeout = Math.ceil(silentAfter / 6)
  for (let failures = 0; failures < 2;) {
    await sleep(2 * timeout, undefined, { signal })
    failures = (await responds(direct, timeout)) ? 0 : failures + 1
  }
}

async function responds(direct: ClientConfig, timeout: number): Promise<boolean> {
  const limits = { connectionTimeoutMillis: timeout, query_timeout: timeout }
  const client = new Client({ ...direct, ...limits })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch (error) {
    // A server that refuses a connection is alive.
    return error instanceof DatabaseError
  } finally {
    destroy(client)
  }
}

/** Does not wait for the server, unlike `end()`. */
function destroy(client: Client) {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection
  stream.destroy()
}
