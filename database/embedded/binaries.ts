import { randomUUID } from 'node:crypto'
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'
import { runAs, type ServerUser } from './server_user.ts'
import { sharedDirectory } from './shared_directory.ts'

/** Absolute paths of the programs, and their release: `version` is like "18.4". */
export type Binaries = { initdb: string; pgCtl: string; postgres: string; version: string }

/**
 * Finds the programs in the npm package of this platform. Adds missing symlinks to the package, or copies it (60 MB, once
 * per release) if the server's user cannot run the programs in place.
 *
 * @param dataDir - takes the copy, unless this process is root
 * @throws EmbeddedPostgresError when the package is not installed or its programs do not run on this system
 */
export async function locateBinaries(dataDir: string, user: ServerUser): Promise<Binaries> {
  const packageDir = locatePackage()
  const release = await installedRelease(packageDir)
  await makeSymlinks(packageDir).catch(() => {})
  const inPlace = programs(packageDir, release)
  if ((await launchError(inPlace, user)) === null) return inPlace

  const copyDir = join(user ? await sharedDirectory() : dataDir, `postgresql-${release}`)
  const copied = programs(copyDir, release)
  if ((await launchError(copied, user)) === null) return copied
  await copyPackage(packageDir, copyDir)
  const reason = await launchError(copied, user)
  if (reason === null) return copied
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL does not run on this system (${platform()}): ${reason}\n` +
      'Set DATABASE_URL to your own PostgreSQL.'
  )
}

/** The release of the installed package, like "18.4"; null when none is installed. */
export async function installedVersion(): Promise<string | null> {
  try {
    return versionOf(await installedRelease(locatePackage()))
  } catch {
    return null
  }
}

function locatePackage(): string {
  const name = `@embedded-postgres/${platform()}`
  try {
    // Resolves to <package>/dist/index.js, the only export.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (error) {
    throw new EmbeddedPostgresError(
      `No embedded PostgreSQL for this system (${platform()}): the npm package ${name} is not installed.\n` +
        'Run "npm ci" without --omit=optional, or set DATABASE_URL to your own PostgreSQL.',
      { cause: error }
    )
  }
}

function platform(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
}

async function installedRelease(packageDir: string): Promise<string> {
  return JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')).version
}

function versionOf(release: string): string {
  return release.split('.').slice(0, 2).join('.')
}

function programs(packageDir: string, release: string): Binaries {
  const program = (name: string) =>
    join(packageDir, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return {
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    postgres: program('postgres'),
    version: versionOf(release),
  }
}

/** npm packages contain no symlinks: this one lists them, and its install script may not have run. */
async function makeSymlinks(packageDir: string): Promise<void> {
  const list = join(packageDir, 'native', 'pg-symlinks.json')
  const links: { source: string; target: string }[] = JSON.parse(await readFile(list, 'utf8'))
  for (const { source, target } of links) {
    const path = join(packageDir, target)
    if (await lstat(path).catch(() => null)) continue
    // Two processes may create it at the same time.
    await symlink(basename(source), path).catch((error) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

/** Null when the server runs; else the last line that it or the loader printed. */
async function launchError(binaries: Binaries, user: ServerUser): Promise<string | null> {
  const { code, printed } = await runAs(user, binaries.postgres, ['--version'])
  if (code === 0 && (await canRead(binaries, user))) return null
  return printed.trim().split('\n').at(-1) || `exit code ${code}`
}

async function canRead(binaries: Binaries, user: ServerUser): Promise<boolean> {
  if (!user) return true
  const share = join(dirname(dirname(binaries.postgres)), 'share', 'postgresql')
  const args = ['-c', '[ -r "$0" ]', join(share, 'postgres.bki')]
  const { code } = await runAs(user, '/bin/sh', args)
  return code === 0
}

async function copyPackage(packageDir: string, copyDir: string): Promise<void> {
  const draft = `${copyDir}.${randomUUID()}`
  try {
    await mkdir(draft, { recursive: true })
    await cp(join(packageDir, 'native'), join(draft, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    })
    for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
      if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755)
    }
    await chmod(draft, 0o755)
    await makeSymlinks(draft)
    // Another process may have created the same copy.
    await rm(copyDir, { recursive: true, force: true })
    await rename(draft, copyDir).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}
