import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startBroker } from '#tests/support/kafka/launcher/launcher'
import type { Endings } from './endings.ts'

/** Starts one Kafka node for one run, with shared jars. It ends with this process. */
export async function startKafka(dataDir: string, endings: Endings) {
  const dir = join(dataDir, 'kafka')
  const jarsIn = fileURLToPath(new URL('../../.data/kafka', import.meta.url))
  const broker = await startBroker({ dir, jarsIn, port: 'free' })
  endings.add({ end: () => broker.stop(), endNow: () => {} })
  const { pid } = JSON.parse(readFileSync(join(dir, '1', 'pid'), 'utf8')) as { pid: number }
  return { brokers: broker.brokers, pid }
}
