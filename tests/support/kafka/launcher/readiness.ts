import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { portsOf } from './node_settings.ts'

const READY_WITHIN_MS = 60_000

/** A kafkajs admin connection that says nothing and never retries: the callers bound their own. */
export async function withAdmin<T>(
  brokers: string[],
  ask: (admin: ReturnType<Kafka['admin']>) => Promise<T>
) {
  const kafka = new Kafka({
    clientId: 'launcher',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 10_000,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await ask(admin)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

/**
 * Asks again and again until `attempt` returns something other than undefined.
 * Throws after 60 s with the last failure as its cause, or at once if `giveUp` throws.
 */
export async function retryUntil<T>(
  what: string,
  attempt: () => Promise<T | undefined>,
  giveUp: () => void = () => {}
) {
  const deadline = Date.now() + READY_WITHIN_MS
  let cause: unknown
  while (Date.now() < deadline) {
    giveUp()
    try {
      const answer = await attempt()
      if (answer !== undefined) return answer
    } catch (error) {
      cause = error
    }
    await sleep(150)
  }
  const seconds = READY_WITHIN_MS / 1000
  throw new Error(`Kafka: ${what} did not happen within ${seconds} s`, { cause })
}

/** Waits until the node at `address` answers for itself and sees at least `nodes` brokers. */
export async function untilReady(address: string, nodes: number, giveUp?: () => void) {
  await retryUntil(
    `readiness of ${address}`,
    async () => {
      const cluster = await withAdmin([address], (admin) => admin.describeCluster())
      const seen = cluster.brokers.map(({ host, port }) => `${host}:${port}`)
      const counts = seen.length >= nodes && cluster.controller !== null
      return counts && seen.includes(address) ? true : undefined
    },
    giveUp
  )
}

/** The first of the cluster's ports that another process listens on, if any. */
export async function takenPort(base: number, nodes: number) {
  for (const port of portsOf(base, nodes)) {
    if (!(await isFree(port))) return port
  }
}

/**
 * A base port with all of the cluster's ports free. It is drawn below the range from which systems
 * give ports to outgoing connections, at random, so that runs side by side seldom meet.
 */
export async function freePort(nodes: number) {
  for (let tries = 0; tries < 100; tries++) {
    const base = 12_000 + Math.floor(Math.random() * 18_000)
    if (!(await takenPort(base, nodes))) return base
  }
  throw new Error('Kafka: found no free ports between 12000 and 30000')
}

function isFree(port: number) {
  return new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  })
}
