/*
 * One broker for the whole run, started when the first test asks for it. Runners side by side share the one
 * that `TEST_KAFKA_BROKERS` names.
 */
import { MissingTool, requireJava } from './launcher/jars.ts'
import { findBroker } from './launcher/launcher.ts'
import { fileURLToPath } from 'node:url'

const dir = fileURLToPath(new URL('../../../.data/kafka', import.meta.url))

let found: ReturnType<typeof findBroker> | null = null

/**
 * The addresses of a real Kafka; null, with a line that says what is missing, where none can be had.
 *
 * @throws Error in CI where none can be had: there nothing may be left out
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
 * Why no broker of a test's own can be started; null where one can.
 *
 * @throws Error in CI where none can be: there nothing may be left out
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
