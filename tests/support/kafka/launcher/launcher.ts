import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster } from './cluster.ts'
import { composeKafka } from './compose_kafka.ts'
import { fetchJars, MissingTool, requireJava } from './jars.ts'
import { prepareNodes } from './node_settings.ts'
import { freePort, takenPort } from './readiness.ts'
import { claim, recorded, stateOf } from './recorded_process.ts'
import { endNow, endWithUs, giveBack, ownerFile } from './running.ts'

/** A running Kafka. Nodes count from 1. `brokers` is what `KAFKA_BROKERS` takes: `host:port,…`. */
export type Broker = {
  brokers: string
  nodes: number
  /** Stops every node, within 10 s; may be called twice. */
  stop(): Promise<void>
  /** Ends node `n` as a power cut would. */
  kill(n: number): Promise<void>
  /** Freezes node `n`: its connections stay open, nothing answers. */
  pause(n: number): Promise<void>
  /** Lets a paused node go on. */
  resume(n: number): Promise<void>
  /** Starts node `n` again after `kill`, and waits until it answers. */
  up(n: number): Promise<void>
  /** Makes `node` the leader of a partition, and waits until it is. */
  move(topic: string, partition: number, node: number): Promise<void>
}

export type StartOptions = {
  /** 1 (default) or 3. */
  nodes?: number
  /** Jars, data, logs and pids; created if it is not there. Default `.data/kafka`. */
  dir?: string
  /** Node n listens on `port + 10 * (n - 1)`, its controller on the next one. Default 9092. */
  port?: number | 'free'
  /** Java heap of each node in MB. Default 384: about 340 MB resident when it idles. */
  heapMb?: number
  /** The folder in which several clusters share their jars. Default `dir`. */
  jarsIn?: string
  /**
   * For network tests: the ports advertised to clients for node 1, 2, …, of proxies that forward to
   * `proxyTarget` of the node. Traffic between nodes does not pass them.
   */
  clientsAt?: number[]
}

const THROWAWAY = 'quartermaster-kafka-'

/**
 * Starts Apache Kafka from Maven Central's jars on loopback, and waits until every node answers.
 * The nodes end with this process. Data in `dir` stays for the next start with as many nodes.
 * Throws `MissingTool` without Java 17 or Maven, and an Error if a port is taken, `dir` belongs to
 * a living process or to a cluster of another size, or a node dies or is not ready within 60 s.
 */
export async function startBroker(options: StartOptions = {}): Promise<Broker> {
  const { nodes = 1, dir = '.data/kafka', port = 9092, heapMb = 384, jarsIn = dir } = options
  const { clientsAt } = options
  if (nodes !== 1 && nodes !== 3) throw new Error(`Kafka starts with 1 or 3 nodes, not ${nodes}`)
  await requireJava()
  const home = makeFolder(dir)
  const lib = await fetchJars(makeFolder(jarsIn))
  return launch({ nodes, dir: home, port, heapMb, lib, clientsAt, throwaway: false })
}

/**
 * A broker for tests: the one in `KAFKA_BROKERS`, else one that it starts with Java and Maven on
 * free ports with data that `stop()` removes, else the `kafka` service of docker-compose.yml.
 * `how` says which. `dir` (default `.data/kafka`) holds the jars that all runs share.
 * Returns `missing`, one line with the remedy, if none is to be had; throws as `startBroker` does
 * if a broker was to be had and failed.
 */
export async function findBroker({ dir = '.data/kafka' } = {}): Promise<
  { brokers: string; stop(): Promise<void>; how: string } | { missing: string }
> {
  const given = process.env.KAFKA_BROKERS?.trim()
  if (given) return { brokers: given, stop: async () => {}, how: 'KAFKA_BROKERS' }

  const lib = await requireJava()
    .then(() => fetchJars(makeFolder(dir)))
    .catch(orMissing)
  if (typeof lib === 'string') {
    await endAbandoned()
    const home = makeFolder(mkdtempSync(join(tmpdir(), THROWAWAY)))
    const shape = { nodes: 1, dir: home, port: 'free' as const, heapMb: 384, lib }
    const { brokers, stop } = await launch({ ...shape, throwaway: true })
    return { brokers, stop, how: 'Java and Maven' }
  }

  const composed = await composeKafka().catch(orMissing)
  if (!(composed instanceof MissingTool)) return { ...composed, how: 'docker compose' }
  const remedy = 'or set KAFKA_BROKERS to a running Kafka'
  return { missing: `No Kafka: ${lib.message}; ${composed.message}; ${remedy}.` }
}

async function launch(
  options: Required<Omit<StartOptions, 'jarsIn' | 'clientsAt'>> & {
    lib: string
    throwaway: boolean
    clientsAt?: number[]
  }
): Promise<Broker> {
  const { throwaway, ...wanted } = options
  const { dir, nodes } = wanted
  const owner = claim(ownerFile(dir))
  if (owner) {
    const remedy = 'stop it first (`npm run kafka -- stop`), or use another folder'
    throw new Error(`Kafka of ${dir} already runs, started by process ${owner.pid}: ${remedy}`)
  }

  let cluster = Cluster.in(dir)
  try {
    await cluster?.stop() // nodes whose owner was killed
    if (cluster && cluster.shape.nodes !== nodes) {
      const remedy = 'start it so, wipe it (`npm run kafka -- wipe`), or use another folder'
      throw new Error(`${dir} holds the data of ${cluster.shape.nodes} node(s): ${remedy}`)
    }
    const port = wanted.port === 'free' ? await freePort(nodes) : wanted.port
    const taken = await takenPort(port, nodes)
    if (taken) {
      const remedy = 'end what listens there, or choose another (`--port`)'
      throw new Error(`Kafka: port ${taken} is taken: ${remedy}`)
    }
    cluster = new Cluster({ ...wanted, port })
    endWithUs(cluster, throwaway)
    cluster.save()
    await prepareNodes(cluster.shape)
    await cluster.start()
    return brokerOf(cluster, throwaway)
  } catch (error) {
    if (cluster) endNow(cluster)
    else rmSync(ownerFile(dir), { force: true })
    throw error
  }
}

function brokerOf(cluster: Cluster, throwaway: boolean): Broker {
  let stopping: Promise<void> | undefined
  return {
    brokers: cluster.brokers,
    nodes: cluster.shape.nodes,
    kill: (n) => cluster.kill(n),
    pause: (n) => cluster.pause(n),
    resume: (n) => cluster.resume(n),
    up: (n) => cluster.up(n),
    move: (topic, partition, node) => cluster.move(topic, partition, node),
    stop: () => (stopping ??= cluster.stop({ atOnce: throwaway }).then(() => giveBack(cluster))),
  }
}

/** Ends the throwaway brokers of test runs that were killed, and removes their data. */
async function endAbandoned() {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(THROWAWAY))) {
    const dir = join(tmpdir(), name)
    const owner = recorded(ownerFile(dir))
    try {
      if (!owner || stateOf(owner) !== 'gone') continue
      if (statSync(dir).uid !== process.getuid?.()) continue
      await Cluster.in(dir)?.stop({ atOnce: true })
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
    } catch {
      // A run beside us may be at the same work, and whatever stays is for the next run to end.
    }
  }
}

/** The real path: the same folder has one name, whichever way it is reached. */
function makeFolder(dir: string) {
  mkdirSync(dir, { recursive: true })
  return realpathSync(dir)
}

function orMissing(error: unknown) {
  if (error instanceof MissingTool) return error
  throw error
}
