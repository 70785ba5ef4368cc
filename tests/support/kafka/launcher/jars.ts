import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const pom = fileURLToPath(new URL('pom.xml', import.meta.url))

/** Something that this machine lacks; the message says what, and how to get it. */
export class MissingTool extends Error {}

/** Where the jars of exactly this pom.xml belong: a changed pom has a folder of its own. */
export function jarsFolder(dir: string) {
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)
  return join(dir, `lib-${hash}`)
}

/** Throws `MissingTool` unless `java` on the PATH is version 17 or newer. */
export async function requireJava() {
  const said = await run('java', ['-version']).then(
    ({ stdout, stderr }) => stderr + stdout,
    () => ''
  )
  const version = /version "(?:1\.)?(\d+)/.exec(said)?.[1]
  if (!version) {
    throw new MissingTool('Java is missing: install a JRE 17 or newer, so that `java` is found')
  }
  if (Number(version) < 17) {
    throw new MissingTool(`Java ${version} is too old for Kafka 4: install a JRE 17 or newer`)
  }
}

/**
 * The folder with Kafka's jars below `dir`; about 55 MB are fetched on the first call for a pom.
 * Throws `MissingTool` if Maven is missing or cannot fetch them.
 */
export async function fetchJars(dir: string) {
  const folder = jarsFolder(dir)
  if (existsSync(folder)) return folder

  await run('mvn', ['-v']).catch(() => {
    throw new MissingTool('Maven is missing: install it, so that `mvn` is found')
  })
  mkdirSync(dir, { recursive: true })
  const partial = mkdtempSync(`${folder}.partial-`)
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime']
    await run('mvn', [
      '-q',
      '-B',
      '-Dstyle.color=never',
      '-f',
      pom,
      ...goal,
      `-DoutputDirectory=${partial}`,
    ])
    // A rename is atomic: a run beside us sees all of the jars or none, and the first one wins.
    chmodSync(partial, 0o755)
    if (!existsSync(folder)) renameSync(partial, folder)
  } catch (error) {
    if (!existsSync(folder)) {
      throw new MissingTool(`Maven could not fetch Kafka's jars: ${reasonOf(error)}`)
    }
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}

function reasonOf(error: unknown) {
  const { stdout = '', message } = error as Error & { stdout?: string }
  const line = stdout.split('\n').find((text) => text.includes('ERROR'))
  return (line ?? message).trim()
}
