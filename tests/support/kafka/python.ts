/*
 * A Python environment with the packages of docs/examples, created once in .data/.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const requirements = fileURLToPath(
  new URL('../../../docs/examples/requirements.txt', import.meta.url)
)
const dir = fileURLToPath(new URL('../../../.data/python', import.meta.url))

/**
 * The path of the interpreter; null, with a printed reason, if it cannot be created.
 *
 * @throws Error in CI if it cannot be created, because no test may be skipped there
 */
export async function python(): Promise<string | null> {
  try {
    return await environment()
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr || (error as Error).message
    const missing = `No Python 3 with venv, pip and PyPI: ${reason.trim().split('\n').at(-1)}`
    if (process.env.CI) throw new Error(missing)
    console.warn(`\nLEFT OUT: the tests of the consumer in Python. ${missing}\n`)
    return null
  }
}

/** One environment for each list of requirements and Python version. */
async function environment() {
  const { stdout: version } = await run('python3', ['-VV'])
  const wanted = version + (await readFile(requirements, 'utf8'))
  const home = `${dir}/${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`
  if (await works(home)) return pythonOf(home)
  await rm(home, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  // Another run may create it at the same time; the first rename wins.
  const making = `${home}.${process.pid}`
  await run('python3', ['-m', 'venv', making])
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  await run(pythonOf(making), [...install, '-r', requirements], { timeout: 120_000 })
  await rename(making, home).catch(() => rm(making, { recursive: true }))
  return pythonOf(home)
}

function works(home: string) {
  return run(pythonOf(home), ['-c', 'import confluent_kafka']).then(
    () => true,
    () => false
  )
}

function pythonOf(home: string) {
  return `${home}/bin/python`
}
