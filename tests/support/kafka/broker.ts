/*
 * One broker for the whole run, started on first use. Parallel runners share the broker in
 * `TEST_KAFKA_BROKERS`.
 */
import { MissingTool, requireJava } from './launcher/jars.ts'
import { findBroker } from './launcher/launcher.ts'
import { fileURLToPath } from 'node:url'

const dir = fileURLToPath(new URL('../../../.data/kafka', import.meta.url))

let found: ReturnType<typeof findBroker> | null = null

/**
 * The addresses of a real Kafka; null, with a printed reason, if none is available.
 *
 * @throws Error in CI if none is available, because no test may be skipped there
 */
export async function brokers(): Promise<string[] | null> {
  const shared = process.env.TEST_KAFKA_BROKERS
  if (shared) return shared.split(',')
  found ??= findBroker({ dir })
  const broker = await found
  if ('brokers' in broker) return broker.brokers.split(',')
  if (process.env.CI) throw new Error(broker.missing)
  console.warn(`\nLEFT OUT: the tests on a real Kafka. ${broker.missing}\n`)
  return null
}

export async function stopBroker() {
  const broker = await found
  if (broker && 'brokers' in broker) await broker.stop()
}

/**
 * Why a test cannot start a broker of its own; null if it can.
 *
 * @throws Error in CI if it cannot, because no test may be skipped there
 */
export async function noBrokerOfOurs(): Promise<string | null> {
  try {
    await requireJava()
    return null
  } catch (error) {
    if (!(error instanceof MissingTool) || process.env.CI) throw error
    return `LEFT OUT: ${error.message}`
  }
}
