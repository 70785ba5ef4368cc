/*
 * Python environments with the packages of docs/examples, created once in .data/.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const examples = fileURLToPath(new URL('../../../docs/examples', import.meta.url))
const dir = fileURLToPath(new URL('../../../.data/python', import.meta.url))

/** The packages of an example, and a module that they contain. */
interface Packages {
  requirements: string
  module: string
}

const OF_CONSUMER = { requirements: 'requirements.txt', module: 'confluent_kafka' }

/**
 * The path of the interpreter; null, with a printed reason, if it cannot be created.
 *
 * @throws Error in CI if it cannot be created, because no test may be skipped there
 */
export async function python(packages: Packages = OF_CONSUMER): Promise<string | null> {
  try {
    return await environment(packages)
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr || (error as Error).message
    const missing = `No Python 3 with venv, pip and PyPI: ${reason.trim().split('\n').at(-1)}`
    if (process.env.CI) throw new Error(missing)
    console.warn(`\nLEFT OUT: the tests that need ${packages.module} in Python. ${missing}\n`)
    return null
  }
}

/** One environment for each list of requirements and Python version. */
async function environment({ requirements, module }: Packages) {
  const { stdout: version } = await run('python3', ['-VV'])
  const list = `${examples}/${requirements}`
  const wanted = version + (await readFile(list, 'utf8'))
  const home = `${dir}/${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`
  if (await works(home, module)) return pythonOf(home)
  await rm(home, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  // Another run may create it at the same time; the first rename wins.
  const making = `${home}.${process.pid}`
  await run('python3', ['-m', 'venv', making])
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  await run(pythonOf(making), [...install, '-r', list], { timeout: 120_000 })
  await rename(making, home).catch(() => rm(making, { recursive: true }))
  return pythonOf(home)
}

function works(home: string, module: string) {
  return run(pythonOf(home), ['-c', `import ${module}`]).then(
    () => true,
    () => false
  )
}

function pythonOf(home: string) {
  return `${home}/bin/python`
}
