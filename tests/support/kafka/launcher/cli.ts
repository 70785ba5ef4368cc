import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Cluster } from './cluster.ts'
import { startBroker } from './launcher.ts'
import { isOurs, recorded, stateOf } from './recorded_process.ts'
import { ownerFile } from './running.ts'

const HELP = `A real Apache Kafka on loopback, without Docker. Needs Java 17 or newer, and Maven.

  npm run kafka                          start one node, until Ctrl-C
  npm run kafka -- start --nodes 3       start three nodes (1 or 3)
  npm run kafka -- stop                  stop the nodes that run
  npm run kafka -- status                which nodes run, and where
  npm run kafka -- wipe                  stop, and remove topics, messages and logs

Faults, from a second terminal (nodes count from 1):
  npm run kafka -- kill N                end node N as a power cut would
  npm run kafka -- up N                  start node N again
  npm run kafka -- pause N | resume N    freeze node N with its connections open, let it go on
  npm run kafka -- move TOPIC PARTITION NODE   make NODE the partition's leader

Options:
  --dir FOLDER    jars, data, logs and pids (default .data/kafka)
  --port PORT     node N listens on PORT + 10 * (N - 1), its controller on the next (default 9092)
  --nodes 1|3     of a new cluster (default 1)
  --help`

async function start(dir: string, nodes: number, port: number) {
  console.log(`Starting Kafka with ${nodes} node(s); the first start fetches about 55 MB…`)
  const broker = await startBroker({ dir, nodes, port })
  let leaving = false
  const leave = async () => {
    if (leaving) return
    leaving = true
    console.log('Stopping Kafka…')
    await broker.stop()
    process.exit(0)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, leave)

  console.log(`KAFKA_BROKERS=${broker.brokers}

Use it from another terminal:  KAFKA_BROKERS=${broker.brokers} npm start
Stop it:                       Ctrl-C, or npm run kafka -- stop`)

  // Another process may stop the broker or its nodes: say so, and do not stay for nothing.
  const cluster = Cluster.in(dir)!
  let told = ''
  while (isOurs(ownerFile(dir)) && !leaving) {
    const down = cluster.numbers.filter((node) => cluster.state(node) === 'gone').join(', ')
    if (down && down !== told) {
      console.log(`Down: node ${down} (start again: npm run kafka -- up N)`)
    }
    told = down
    await sleep(500)
  }
  if (!leaving) {
    console.log('Kafka was stopped by another process.')
    process.exit(0)
  }
}

async function stop(dir: string) {
  rmSync(ownerFile(dir), { force: true }) // tells the process that started the nodes
  await Cluster.in(dir)?.stop()
}

function wipe(dir: string) {
  const cluster = Cluster.in(dir)
  for (const node of cluster?.numbers ?? []) {
    rmSync(join(dir, String(node)), { recursive: true, force: true })
  }
  rmSync(join(dir, 'cluster.json'), { force: true })
}

function status(dir: string) {
  const cluster = Cluster.in(dir)
  if (!cluster) return console.log('Kafka was not started here yet.')
  for (const node of cluster.numbers) {
    console.log(`node ${node}  ${cluster.address(node)}  ${cluster.state(node)}`)
  }
  const owner = recorded(ownerFile(dir))
  if (owner && stateOf(owner) !== 'gone') console.log(`started by process ${owner.pid}`)
}

function clusterIn(dir: string) {
  const cluster = Cluster.in(dir)
  if (!cluster) throw new Error('Kafka was not started here: npm run kafka')
  return cluster
}

function whole(text: string | undefined, what: string) {
  if (!text || !/^\d+$/.test(text)) throw new Error(`${what} must be a whole number (see --help)`)
  return Number(text)
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string', default: '.data/kafka' },
      port: { type: 'string', default: '9092' },
      nodes: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(HELP)
  mkdirSync(values.dir, { recursive: true })
  const dir = realpathSync(values.dir)
  const [verb = 'start', first, second, third] = positionals
  switch (verb) {
    case 'start':
      return start(dir, whole(values.nodes, '--nodes'), whole(values.port, '--port'))
    case 'stop':
      return stop(dir)
    case 'status':
      return status(dir)
    case 'wipe':
      await stop(dir)
      return wipe(dir)
    case 'kill':
    case 'pause':
    case 'resume':
    case 'up':
      return clusterIn(dir)[verb](whole(first, 'N'))
    case 'move':
      if (!first) throw new Error('TOPIC is missing (see --help)')
      return clusterIn(dir).move(first, whole(second, 'PARTITION'), whole(third, 'NODE'))
    default:
      throw new Error(`Unknown verb ${verb} (see --help)`)
  }
}

// kafkajs asks for a timer in the past once (kafkajs#1751): harmless, and no news to a reader here.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') console.error(String(warning))
})

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
