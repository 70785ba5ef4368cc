import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'
import { canEnter, type ServerUser } from './server_user.ts'
import { sharedDirectory } from './shared_directory.ts'

/**
 * Where everything of one data directory lies, as absolute paths without symlinks. `clusterDir` is
 * `dataDir/postgres`, except where root keeps its data below a private home (see `locateHome`).
 */
export type Home = {
  dataDir: string
  clusterDir: string
  passwordFile: string
  guestsDir: string
  logFile: string
  ownerFile: string
}

/** The data directory in its one spelling, so that all processes compare equal paths. */
export async function canonical(dataDir: string): Promise<string> {
  return realpath(dataDir).catch(() => resolve(dataDir))
}

/**
 * Where an existing cluster lies, or a new one would without relocation. Reads only.
 *
 * @param dataDir as `canonical` gives it
 */
export async function findHome(dataDir: string): Promise<Home> {
  return homeIn(dataDir, await readPointer(dataDir))
}

/**
 * Like `findHome`, and when the server's user cannot enter `dataDir` (root with data in /root), chooses
 * a home in the shared directory for the new cluster and leaves a pointer to it in `dataDir`.
 *
 * @throws EmbeddedPostgresError when an existing cluster is out of reach
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
  // Without a pointer this is left over from a data directory that somebody deleted.
  await rm(relocated, { recursive: true, force: true })
  await mkdir(relocated)
  await chmod(relocated, 0o711)
  await writeFile(pointerFile(dataDir), relocated)
  return homeIn(dataDir, relocated)
}

/** Removes the relocated home, if there is one, and the pointer to it. */
export async function forgetHome(dataDir: string): Promise<void> {
  const pointed = await readPointer(dataDir)
  if (pointed) await rm(pointed, { recursive: true, force: true })
  await rm(pointerFile(dataDir), { force: true })
}

function homeIn(dataDir: string, relocated: string | null): Home {
  const place = relocated ?? dataDir
  return {
    dataDir,
    clusterDir: join(place, 'postgres'),
    passwordFile: join(place, 'postgres.password'),
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

/** Two data directories that point to one cluster would stop each other's server. */
async function assertNotCopied(dataDir: string, pointed: string): Promise<void> {
  const expected = await relocatedDirectory(dataDir)
  if (pointed === expected) return
  throw new EmbeddedPostgresError(
    `"${dataDir}" was moved or copied, its database stayed in "${pointed}".\n` +
      `Delete "${pointerFile(dataDir)}" to start with an empty one, or take the old one along: ` +
      `mv "${pointed}" "${expected}" && echo "${expected}" > "${pointerFile(dataDir)}"`
  )
}
