import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A cluster on disk. `port` is that of node 1; `dir` and `lib` are absolute paths. */
export type ClusterShape = {
  dir: string
  lib: string
  nodes: number
  port: number
  heapMb: number
  /** The ports advertised to clients for node 1, 2, …: of proxies that forward to `proxyTarget`. */
  clientsAt?: number[]
}

/** Each cluster is new and on loopback, so one id (any 16 bytes in base64url) serves all of them. */
const CLUSTER_ID = '5L6g3nShT-eMCtK--X86sw'

const LOGGING = `status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
`

/** Nodes lie ten ports apart; a node's controller listens on the port after the node's own. */
export const portOf = (base: number, node: number) => base + 10 * (node - 1)

/** The port on which a node accepts proxied clients (`clientsAt`). */
export const proxyTarget = (base: number, node: number) => portOf(base, node) + 2

/** Every port that a cluster listens on. */
export const portsOf = (base: number, nodes: number) =>
  numbers(nodes).flatMap((node) => [portOf(base, node), portOf(base, node) + 1])

/** 1, 2, … nodes. */
export const numbers = (nodes: number) => Array.from({ length: nodes }, (_, index) => index + 1)

export const settingsFile = (shape: ClusterShape, node: number) =>
  join(shape.dir, String(node), 'server.properties')

/** Arguments of `java` that every Kafka program needs before the name of its main class. */
export const javaArguments = (shape: ClusterShape) => [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  `-Dlog4j2.configurationFile=${join(shape.dir, 'log4j2.properties')}`,
  '-cp',
  join(shape.lib, '*'),
]

function settings({ dir, nodes, port, clientsAt }: ClusterShape, node: number) {
  const own = portOf(port, node)
  const voters = numbers(nodes).map((n) => `${n}@127.0.0.1:${portOf(port, n) + 1}`)
  const replicas = Math.min(nodes, 3)
  const inSync = nodes >= 3 ? 2 : 1
  const line = clientsAt && {
    listens: `,LINE://127.0.0.1:${proxyTarget(port, node)}`,
    advertises: `,LINE://127.0.0.1:${clientsAt[node - 1]}`,
    protocol: ',LINE:PLAINTEXT',
  }
  return `process.roles=broker,controller
node.id=${node}
controller.quorum.voters=${voters.join(',')}
listeners=PLAINTEXT://127.0.0.1:${own},CONTROLLER://127.0.0.1:${own + 1}${line?.listens ?? ''}
advertised.listeners=PLAINTEXT://127.0.0.1:${own}${line?.advertises ?? ''}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${line?.protocol ?? ''}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=${join(dir, String(node), 'data')}
auto.create.topics.enable=false
default.replication.factor=${replicas}
min.insync.replicas=${inSync}
offsets.topic.replication.factor=${replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=${replicas}
transaction.state.log.min.isr=${inSync}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=6000
num.network.threads=2
num.io.threads=4
`
}

/** Writes each node's settings, and formats the data folders that are new. */
export async function prepareNodes(shape: ClusterShape) {
  writeFileSync(join(shape.dir, 'log4j2.properties'), LOGGING)
  await Promise.all(
    numbers(shape.nodes).map(async (node) => {
      const data = join(shape.dir, String(node), 'data')
      mkdirSync(join(shape.dir, String(node)), { recursive: true })
      writeFileSync(settingsFile(shape, node), settings(shape, node))
      if (existsSync(join(data, 'meta.properties'))) return
      rmSync(data, { recursive: true, force: true }) // an earlier format was interrupted
      const format = ['format', '-t', CLUSTER_ID, '-c', settingsFile(shape, node)]
      const tool = [...javaArguments(shape), 'kafka.tools.StorageTool', ...format]
      await promisify(execFile)('java', tool)
    })
  )
}
