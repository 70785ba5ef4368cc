import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process_identity.ts'

const RETRY_MILLISECONDS = 20
const TIMEOUT_MILLISECONDS = 90_000

type Claim = ProcessIdentity & { token: string }

/** A lock of this process. `release()` can be called twice and never removes the lock of another process. */
export type Lock = { release(): Promise<void> }

/** Takes the lock file at `path`, also from a holder that was killed, or returns the pid of its living holder. */
export async function takeLock(path: string): Promise<{ lock: Lock } | { heldBy: number }> {
  const claim: Claim = { ...(await ownIdentity()), token: randomUUID() }
  // The file is linked to its path when it is complete: no process reads half a lock.
  const draft = `${path}.${claim.token}`
  try {
    await writeFile(draft, JSON.stringify(claim), { mode: 0o644 })
    const heldBy = await claimPath(path, draft)
    return heldBy === null ? { lock: { release: () => release(path, claim) } } : { heldBy }
  } finally {
    await rm(draft, { force: true })
  }
}

/** The pid of the living process that holds the lock at `path`; null without one. */
export async function lockHolder(path: string): Promise<number | null> {
  const claim = await read(path)
  return claim && (await isAlive(claim)) ? claim.pid : null
}

/**
 * Runs `work` under a lock file: never at the same time as other work under it, in this process or another.
 *
 * @throws EmbeddedPostgresError when the lock is not released within 90 s
 */
export async function exclusively<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + TIMEOUT_MILLISECONDS
  for (;;) {
    const taken = await takeLock(path)
    if ('lock' in taken) return work().finally(() => taken.lock.release())
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `Process ${taken.heldBy} has been starting or stopping the embedded PostgreSQL for ${TIMEOUT_MILLISECONDS / 1000} s.\n` +
          `Look at what it does; if it hangs, stop it (kill ${taken.heldBy}) and try again.`
      )
    }
    await setTimeout(RETRY_MILLISECONDS)
  }
}

async function claimPath(path: string, draft: string): Promise<number | null> {
  for (;;) {
    if (await linked(draft, path)) return null
    const holder = await read(path)
    if (!holder) continue
    if (await isAlive(holder)) return holder.pid

    // Two processes may see the same dead holder. The one with the takeover lock replaces it, if it is still the same
    // holder: otherwise the slower process would remove the lock of the faster one.
    const takeover = await takeLock(`${path}.takeover`)
    if ('heldBy' in takeover) {
      await setTimeout(RETRY_MILLISECONDS)
      continue
    }
    try {
      const current = await read(path)
      if (current?.token === holder.token) {
        await rename(draft, path)
        return null
      }
    } finally {
      await takeover.lock.release()
    }
  }
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function release(path: string, claim: Claim): Promise<void> {
  const current = await read(path)
  if (current?.token === claim.token) await rm(path, { force: true })
}

async function read(path: string): Promise<Claim | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Claim
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    // After a power cut the lock file may be empty; its holder has ended.
    if (error instanceof SyntaxError) return { pid: 0, startedAt: '', token: '' }
    throw error
  }
}
