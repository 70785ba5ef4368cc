/*
 * The app compiled to JavaScript, as in production. It starts twice as fast as its TypeScript.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import {
  cp,
  glob,
  mkdir,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import settings from '../../../adonisrc.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const builds = join(root, '.data/compiled')

const SOURCES = ['app', 'bin', 'config', 'database', 'start', 'tests'].map(
  (name) => `${name}/**/*.ts`
)
const SETTINGS = ['adonisrc.ts', 'package.json', 'tsconfig.json']
const COPIED = settings.metaFiles!.map((file) => (typeof file === 'string' ? file : file.pattern))
const DAY_MS = 24 * 60 * 60 * 1_000

let compiled: Promise<string> | null = null

/**
 * Compiles the working tree, including tests, unless a build of the same sources exists.
 *
 * @returns the folder with the build: its entry files end in `.js`
 * @throws Error with the compiler's output
 */
export function compiledApp(): Promise<string> {
  compiled ??= findOrCompile()
  return compiled
}

async function findOrCompile(): Promise<string> {
  const build = join(builds, await fingerprint())
  const now = new Date()
  // Builds that no run has used for a day are removed.
  if (
    await utimes(build, now, now).then(
      () => true,
      () => false
    )
  )
    return build
  await removeOldBuilds()
  const draft = `${build}.${process.pid}`
  await compile(draft)
  await rename(draft, build).catch(async (error) => {
    // Another run has compiled the same sources meanwhile.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await rm(draft, { recursive: true })
  })
  return build
}

/** Emits without checking types: `npm run typecheck` and the image's build do that. */
async function compile(into: string) {
  await mkdir(into, { recursive: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const compiling = promisify(execFile)(process.execPath, [tsc, '--noCheck', '--outDir', into], {
    cwd: root,
  })
  // A run that is stopped meanwhile leaves no draft behind.
  const discard = () => {
    compiling.child.kill('SIGKILL')
    rmSync(into, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', discard)
  await compiling
  for await (const file of glob([...COPIED, 'package.json'], { cwd: root })) {
    await mkdir(dirname(join(into, file)), { recursive: true })
    await cp(join(root, file), join(into, file))
  }
  await writeFile(join(into, 'ace.js'), `await import('./bin/console.js')\n`)
  await symlink(join(root, 'node_modules'), join(into, 'node_modules'))
  process.off('exit', discard)
}

/** Changes with every source and every copied file. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
  const files = await Array.fromAsync(glob([...SOURCES, ...SETTINGS, ...COPIED], { cwd: root }))
  for (const file of files.sort()) {
    const { mtimeMs, size } = await stat(join(root, file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

async function removeOldBuilds() {
  for (const name of await readdir(builds).catch(() => [])) {
    const path = join(builds, name)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > DAY_MS) await rm(path, { recursive: true, force: true })
  }
}
