/*
 * Another Kafka client on the topics (foreign_client.py).
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { WireRecord } from '#messaging/message/message'

const script = fileURLToPath(new URL('foreign_client.py', import.meta.url))

export type ForeignRecord = WireRecord & { partition: number }

export class ForeignClient {
  constructor(
    readonly interpreter: string,
    readonly brokers: string[]
  ) {}

  /** Sends records in batches of a codec; resolves when they are acknowledged. */
  async produce(topic: string, codec: string, records: ForeignRecord[]) {
    const client = this.#start('produce', '--topic', topic, '--codec', codec)
    client.stdin.end(records.map(line).join(''))
    await ended(client)
  }

  /** The keys and values of the first records of partition 0. */
  async consume(topic: string, count: number): Promise<{ key: string; value: string }[]> {
    const client = this.#start('consume', '--topic', topic, '--count', String(count))
    const lines: string[] = []
    createInterface({ input: client.stdout }).on('line', (text) => lines.push(text))
    await ended(client)
    return lines.map((text) => JSON.parse(text))
  }

  /** Begins a transaction that stays open until it or the program ends. */
  begin(topic: string) {
    return new ForeignTransaction(this.#start('transaction', '--topic', topic))
  }

  #start(...args: string[]) {
    return spawn(this.interpreter, [script, '--brokers', this.brokers.join(), ...args])
  }
}

export class ForeignTransaction {
  readonly #client: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  constructor(client: ChildProcessWithoutNullStreams) {
    this.#client = client
    this.#lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
  }

  /** Resolves when the broker has stored the record. */
  async send(record: ForeignRecord) {
    this.#client.stdin.write(line(record))
    await this.#said('sent')
  }

  async end(how: 'commit' | 'abort') {
    this.#client.stdin.write(`${how}\n`)
    await this.#said('ended')
  }

  kill() {
    this.#client.kill('SIGKILL')
  }

  async #said(word: string) {
    const { value } = await this.#lines.next()
    if (value !== word) throw new Error(`the foreign client said ${value}, not ${word}`)
  }
}

function line({ partition, key, value, headers }: ForeignRecord) {
  return `${JSON.stringify({ partition, key, value: value!.toString(), headers })}\n`
}

async function ended(client: ChildProcessWithoutNullStreams) {
  let said = ''
  client.stderr.on('data', (text) => (said += text))
  const [code] = await once(client, 'close')
  if (code !== 0) throw new Error(`the foreign client ended with ${code}: ${said}`)
}
