import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { moveLeader } from './move_leader.ts'
import { type ClusterShape, javaArguments, numbers, portOf, settingsFile } from './node_settings.ts'
import { untilReady } from './readiness.ts'
import { ended, record, recorded, signal, stateOf } from './recorded_process.ts'

const STOP_WITHIN_MS = 10_000

/**
 * The nodes of a broker whose files lie in one folder. What is alive is read from that folder each
 * time, so that any process can act on a cluster that another one has started.
 */
export class Cluster {
  constructor(readonly shape: ClusterShape) {}

  /** The cluster that `dir` holds, or undefined if none was started there. */
  static in(dir: string) {
    const file = join(dir, 'cluster.json')
    if (!fs.existsSync(file)) return undefined
    return new Cluster({ ...JSON.parse(fs.readFileSync(file, 'utf8')), dir })
  }

  save() {
    const { dir, ...rest } = this.shape
    fs.writeFileSync(join(dir, 'cluster.json'), JSON.stringify(rest, null, 2) + '\n')
  }

  get numbers() {
    return numbers(this.shape.nodes)
  }

  get brokers() {
    return this.numbers.map((node) => this.address(node)).join(',')
  }

  address(node: number) {
    return `127.0.0.1:${portOf(this.shape.port, node)}`
  }

  state(node: number) {
    return stateOf(this.#process(node))
  }

  /**
   * Starts every node and waits until each answers and sees all of the others.
   * Throws if a node ends (with the last lines of its log) or is not ready within 60 s.
   */
  async start() {
    const watches = this.numbers.map((node) => this.#spawn(node))
    await Promise.all(
      this.numbers.map((node, index) =>
        untilReady(this.address(node), this.shape.nodes, watches[index])
      )
    )
  }

  /** Starts one node again and waits for it, as `start`; a node that runs is left as it is. */
  async up(node: number) {
    if (this.state(node) === 'paused') throw new Error(`Kafka node ${node} is paused: resume it`)
    if (this.state(node) === 'running') return
    await untilReady(this.address(node), 1, this.#spawn(node))
  }

  /** Ends a node as a power cut would. Throws if it does not run. */
  async kill(node: number) {
    const target = this.#living(node)
    signal(target, 'SIGKILL')
    if (!(await ended(target, STOP_WITHIN_MS))) throw new Error(`Kafka node ${node} lives on`)
  }

  /** Freezes a node: its connections stay open and nothing answers. Throws if it does not run. */
  async pause(node: number) {
    signal(this.#living(node), 'SIGSTOP')
  }

  /** Lets a paused node go on. Throws if it does not run. */
  async resume(node: number) {
    signal(this.#living(node), 'SIGCONT')
  }

  /**
   * Makes `node` the leader of a partition, and waits until the cluster says so.
   * Throws if the node does not run, or the topic or partition does not exist.
   */
  async move(topic: string, partition: number, node: number) {
    this.#living(node)
    await moveLeader(this.shape, () => this.#running(), { topic, partition, node })
  }

  /** Stops every node: asks first, kills after 10 s (or at once, where the data does not matter). */
  async stop(options: { atOnce?: boolean } = {}) {
    const alive = this.numbers.map((node) => this.#process(node))
    for (const target of alive) {
      signal(target, options.atOnce ? 'SIGKILL' : 'SIGTERM')
      signal(target, 'SIGCONT') // a paused process hears SIGTERM only when it goes on
    }
    await Promise.all(
      alive.map(async (target) => {
        if (await ended(target, STOP_WITHIN_MS)) return
        signal(target, 'SIGKILL')
        await ended(target, STOP_WITHIN_MS)
      })
    )
    this.#forget()
  }

  /** Ends every node without waiting: the last act of a process that is exiting. */
  killNow() {
    for (const node of this.numbers) signal(this.#process(node), 'SIGKILL')
    this.#forget()
  }

  /** The end of a node's log from byte `from` on, without the lines of stack traces. */
  lastWords(node: number, from = 0) {
    const log = fs.readFileSync(this.#file(node, 'log')).subarray(from).toString()
    const lines = log.trim().split('\n')
    const said = lines.filter((line) => !/^\s+(at|\.\.\.) /.test(line))
    return said.slice(-8).join('\n')
  }

  /** Starts a node's process; the function that is returned throws once that process has ended. */
  #spawn(node: number) {
    const log = fs.openSync(this.#file(node, 'log'), 'a')
    const from = fs.statSync(this.#file(node, 'log')).size
    const main = ['kafka.Kafka', settingsFile(this.shape, node)]
    // A group of its own: Ctrl-C in the terminal reaches us, and we stop the nodes in our order.
    const child = spawn(
      'java',
      [`-Xmx${this.shape.heapMb}m`, ...javaArguments(this.shape), ...main],
      { detached: true, stdio: ['ignore', log, log] }
    )
    fs.closeSync(log)
    child.once('error', () => {}) // there is no pid then, which the next line reports
    if (!child.pid) throw new Error('Kafka: `java` could not be started')
    child.unref()
    record(this.#file(node, 'pid'), child.pid)
    const started = this.#process(node)
    return () => {
      if (stateOf(started) !== 'gone') return
      throw new Error(`Kafka node ${node} ended while starting:\n${this.lastWords(node, from)}`)
    }
  }

  #running() {
    return this.numbers.filter((n) => this.state(n) === 'running').map((n) => this.address(n))
  }

  #living(node: number) {
    if (!this.numbers.includes(node)) {
      throw new Error(`Kafka has nodes 1 to ${this.shape.nodes}, not ${node}`)
    }
    if (this.state(node) === 'gone') throw new Error(`Kafka node ${node} does not run`)
    return this.#process(node)
  }

  #process(node: number) {
    return recorded(this.#file(node, 'pid'))
  }

  #forget() {
    for (const node of this.numbers) fs.rmSync(this.#file(node, 'pid'), { force: true })
  }

  #file(node: number, name: 'log' | 'pid') {
    return join(this.shape.dir, String(node), name)
  }
}
