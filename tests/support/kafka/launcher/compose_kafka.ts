import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MissingTool } from './jars.ts'
import { untilReady } from './readiness.ts'

const ADDRESS = '127.0.0.1:9092'
const file = fileURLToPath(new URL('../../../../docker-compose.yml', import.meta.url))

const docker = (args: string[], timeout: number) => promisify(execFile)('docker', args, { timeout })
const compose = (args: string[]) => docker(['compose', '-f', file, ...args], 300_000)

/**
 * The `kafka` service of the project's docker-compose.yml, started unless it runs already; `stop()`
 * leaves a service alone that it has not started. Throws `MissingTool` without a Docker engine or
 * if the service does not start, and an Error if it does not answer within 60 s.
 */
export async function composeKafka() {
  await docker(['info'], 10_000).catch(() => {
    throw new MissingTool('no Docker engine answers either: start one')
  })
  try {
    const { stdout } = await compose(['ps', '-q', '--status', 'running', 'kafka'])
    const ours = stdout.trim() === ''
    if (ours) await compose(['up', '-d', 'kafka'])
    const stop = async () => {
      if (ours) await compose(['stop', 'kafka'])
    }
    await untilReady(ADDRESS, 1).catch(async (error) => {
      await stop()
      throw error
    })
    return { brokers: ADDRESS, stop }
  } catch (error) {
    const said = (error as { stderr?: string }).stderr
    if (said === undefined) throw error
    const reason = said.trim().split('\n').at(-1)
    throw new MissingTool(`docker compose could not start kafka: ${reason}`)
  }
}
