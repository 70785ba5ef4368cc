import { randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, ownIdentity, type ProcessIdentity } from './process_identity.ts'

/*
 * Guests use a server that they do not own; each keeps a file in `guestsDir` while it does. A server
 * that a guest started is stopped by the last guest: the file `started` holds the pid of such a server.
 * Every function here is called under the cluster's lock.
 */
const STARTED = 'started'

/** Notes this process as a guest; gives the file that stands for it. */
export async function enterAsGuest(guestsDir: string): Promise<string> {
  await mkdir(guestsDir, { recursive: true })
  const guest = join(guestsDir, `${process.pid}.${randomUUID()}`)
  await writeFile(guest, JSON.stringify(await ownIdentity()))
  return guest
}

/** Notes that the server with this pid was started by a guest. */
export async function noteGuestServer(guestsDir: string, serverPid: number): Promise<void> {
  await writeFile(join(guestsDir, STARTED), String(serverPid))
}

/** From now on no guest stops the server: it has an owner, or somebody wants it to stay. */
export async function keepServer(guestsDir: string): Promise<void> {
  await rm(join(guestsDir, STARTED), { force: true })
}

/** Ends the stay of a guest; true when it has to stop the server with this pid. */
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
    if (name === STARTED) continue
    const path = join(guestsDir, name)
    const text = await readFile(path, 'utf8').catch(() => '')
    if (await isAliveGuest(text)) return true
    // It was killed before it could leave.
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
