import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, readFile, stat } from 'node:fs/promises'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'

/** The user of the server process, because PostgreSQL refuses to run as root; null for the user of this process. */
export type ServerUser = { uid: number; gid: number } | null

/** Null, or if this process is root, the owner of the existing cluster, or `nobody` for a new one. */
export async function serverUserFor(clusterDir: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return null
  const owner = await stat(clusterDir).catch(() => null)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const nobody = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(accounts)
  if (!nobody) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and this system has no user "nobody" to run it as.\n' +
        'Start as an ordinary user, or set DATABASE_URL to your own PostgreSQL.'
    )
  }
  return { uid: Number(nobody[1]), gid: Number(nobody[2]) }
}

/** Makes the server's user the owner of a file or directory. */
export async function giveTo(user: ServerUser, path: string): Promise<void> {
  if (user) await chown(path, user.uid, user.gid)
}

/** Whether the server's user can enter the directory: tried, because modes are not everything. */
export async function canEnter(user: ServerUser, directory: string): Promise<boolean> {
  if (!user) return true
  const { code } = await runAs(user, '/bin/sh', ['-c', '[ -x "$0" ]', directory])
  return code === 0
}

type RunOptions = {
  /** Standard input; empty by default. */
  input?: string
  /** A file descriptor for both outputs: needed if the program leaves a child running. */
  output?: number
  /** Not ended by Ctrl-C in this terminal. */
  detached?: boolean
}

/**
 * Runs a program as the server's user until it exits.
 *
 * @returns its exit code (-1 if it did not start or was killed) and, without `output`, its output
 */
export async function runAs(
  user: ServerUser,
  program: string,
  args: string[],
  { input, output, detached }: RunOptions = {}
): Promise<{ code: number; printed: string }> {
  let printed = ''
  try {
    const child = spawn(program, args, {
      // The server inherits no secrets, and no PGDATA or PGPORT.
      env: environment(),
      // The user may not be allowed to enter the current directory.
      cwd: process.platform === 'win32' ? undefined : '/',
      stdio: [input === undefined ? 'ignore' : 'pipe', output ?? 'pipe', output ?? 'pipe'],
      detached,
      windowsHide: true,
      ...user,
    })
    child.stdout?.on('data', (chunk) => (printed += chunk))
    child.stderr?.on('data', (chunk) => (printed += chunk))
    child.stdin?.on('error', () => {}).end(input)
    // `close` comes after the last output, but with `output` a remaining child keeps that open.
    const [code] = await once(child, output === undefined ? 'close' : 'exit')
    return { code: code ?? -1, printed }
  } catch (error) {
    return { code: -1, printed: (error as Error).message }
  }
}

function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TEMP', 'TMP', 'SYSTEMROOT', 'COMSPEC']
  const entries = kept.map((name) => [name, process.env[name]] as const)
  return { ...Object.fromEntries(entries.filter(([, value]) => value)), LC_ALL: 'C' }
}
