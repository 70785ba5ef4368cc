import { randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, ownIdentity, type ProcessIdentity } from './process_identity.ts'

/*
 * Guests are processes that use the server without owning it. Each has a file in `guestsDir`. If a guest started the
 * server, the file `started` contains the server's pid, and the last guest stops it. The file `stopped` exists while a
 * server is stopped on purpose. Call every function except `wasStopped` under the cluster's lock.
 */
const STARTED = 'started'
const STOPPED = 'stopped'

/** Adds this process as a guest. @returns the path of its file */
export async function enterAsGuest(guestsDir: string): Promise<string> {
  await mkdir(guestsDir, { recursive: true })
  const guest = join(guestsDir, `${process.pid}.${randomUUID()}`)
  await writeFile(guest, JSON.stringify(await ownIdentity()))
  return guest
}

/** Records that a guest started the server with this pid. */
export async function markGuestServer(guestsDir: string, serverPid: number): Promise<void> {
  await writeFile(join(guestsDir, STARTED), String(serverPid))
}

/** Records that the server is stopped on purpose: its owner does not start it again. */
export async function markStopped(guestsDir: string): Promise<void> {
  await mkdir(guestsDir, { recursive: true })
  await writeFile(join(guestsDir, STOPPED), '')
}

export async function unmarkStopped(guestsDir: string): Promise<void> {
  await rm(join(guestsDir, STOPPED), { force: true })
}

export async function wasStopped(guestsDir: string): Promise<boolean> {
  const names: string[] = await readdir(guestsDir).catch(() => [])
  return names.includes(STOPPED)
}

/** Makes guests leave the server running: it has an owner, or was started by command. */
export async function keepServer(guestsDir: string): Promise<void> {
  await rm(join(guestsDir, STARTED), { force: true })
}

/** Removes a guest. @returns whether it must stop the server with this pid */
export async function leaveAsLastGuest(
  guestsDir: string,
  guest: string,
  serverPid: number
): Promise<boolean> {
  await rm(guest, { force: true })
  const started = await readFile(join(guestsDir, STARTED), 'utf8').catch(() => '')
  return Number(started) === serverPid && !(await hasGuests(guestsDir))
}

async function hasGuests(guestsDir: string): Promise<boolean> {
  for (const name of await readdir(guestsDir).catch(() => [])) {
    if (name === STARTED || name === STOPPED) continue
    const path = join(guestsDir, name)
    const text = await readFile(path, 'utf8').catch(() => '')
    if (await isAliveGuest(text)) return true
    // A guest that was killed left its file behind.
    await rm(path, { force: true })
  }
  return false
}

async function isAliveGuest(text: string): Promise<boolean> {
  try {
    return await isAlive(JSON.parse(text) as ProcessIdentity)
  } catch {
    return false
  }
}
