import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'
import { canEnter, type ServerUser } from './server_user.ts'
import { sharedDirectory } from './shared_directory.ts'

/**
 * The files of one data directory, as absolute paths without symlinks. `clusterDir` is `dataDir/postgres`, unless
 * `locateHome` had to relocate it.
 */
export type Home = {
  dataDir: string
  clusterDir: string
  passwordFile: string
  guestsDir: string
  logFile: string
  ownerFile: string
}

/** The absolute path of the data directory without symlinks, the same in all processes. */
export async function canonical(dataDir: string): Promise<string> {
  return realpath(dataDir).catch(() => resolve(dataDir))
}

/**
 * The home of the existing cluster, or of a new one without relocation. Changes nothing.
 *
 * @param dataDir - as returned by `canonical`
 */
export async function findHome(dataDir: string): Promise<Home> {
  return homeIn(dataDir, await readPointer(dataDir))
}

/**
 * Like `findHome`. If the server's user cannot enter `dataDir` (root with data in /root), a new cluster gets a home in the
 * shared directory, and `dataDir` a file that points to it.
 *
 * @throws EmbeddedPostgresError when the server's user cannot reach an existing cluster
 */
export async function locateHome(dataDir: string, user: ServerUser): Promise<Home> {
  const pointed = await readPointer(dataDir)
  if (pointed && (await stat(pointed).catch(() => null))) {
    await assertNotCopied(dataDir, pointed)
    return homeIn(dataDir, pointed)
  }
  const home = homeIn(dataDir, null)
  if (await canEnter(user, dataDir)) return home
  if (await stat(home.clusterDir).catch(() => null)) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL runs as another user than root, which cannot enter "${dataDir}" any more.\n` +
        'Let others pass through the directories above it (chmod o+x), or move the data back to where it was.'
    )
  }

  const relocated = await relocatedDirectory(dataDir)
  // Without a pointer, this is the rest of a data directory that was deleted.
  await rm(relocated, { recursive: true, force: true })
  await mkdir(relocated)
  await chmod(relocated, 0o711)
  await writeFile(pointerFile(dataDir), relocated)
  return homeIn(dataDir, relocated)
}

/** Deletes the relocated home and the pointer to it, if there are any. */
export async function forgetHome(dataDir: string): Promise<void> {
  const pointed = await readPointer(dataDir)
  if (pointed) await rm(pointed, { recursive: true, force: true })
  await rm(pointerFile(dataDir), { force: true })
}

function homeIn(dataDir: string, relocated: string | null): Home {
  const clusterHome = relocated ?? dataDir
  return {
    dataDir,
    clusterDir: join(clusterHome, 'postgres'),
    passwordFile: join(clusterHome, 'postgres.password'),
    guestsDir: join(dataDir, 'postgres.guests'),
    logFile: join(dataDir, 'postgres.log'),
    ownerFile: join(dataDir, 'postgres.owner'),
  }
}

function pointerFile(dataDir: string): string {
  return join(dataDir, 'postgres.location')
}

async function readPointer(dataDir: string): Promise<string | null> {
  const pointer = await readFile(pointerFile(dataDir), 'utf8').catch(() => '')
  return pointer.trim() || null
}

async function relocatedDirectory(dataDir: string): Promise<string> {
  const key = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(await sharedDirectory(), key)
}

/** Two data directories with one cluster would stop each other's server. */
async function assertNotCopied(dataDir: string, pointed: string): Promise<void> {
  const expected = await relocatedDirectory(dataDir)
  if (pointed === expected) return
  throw new EmbeddedPostgresError(
    `"${dataDir}" was moved or copied, its database stayed in "${pointed}".\n` +
      `Delete "${pointerFile(dataDir)}" to start with an empty one, or take the old one along: ` +
      `mv "${pointed}" "${expected}" && echo "${expected}" > "${pointerFile(dataDir)}"`
  )
}
