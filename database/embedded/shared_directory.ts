import { chmod, lstat, mkdir } from 'node:fs/promises'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'

// /var/lib survives everything; /var/tmp survives a restart of the machine, /tmp would not.
const CANDIDATES = ['/var/lib/quartermaster', '/var/tmp/quartermaster']

/**
 * A directory that root writes and every user may enter: for what the unprivileged server needs but
 * cannot reach, because the project is below a private home such as /root.
 *
 * @throws EmbeddedPostgresError when the system has no such place
 */
export async function sharedDirectory(): Promise<string> {
  for (const path of CANDIDATES) {
    // chmod, since a umask of 077 would take the others' way in.
    await mkdir(path).then(
      () => chmod(path, 0o755),
      () => {}
    )
    const found = await lstat(path).catch(() => null)
    // In /var/tmp anybody could have made it first, and would then own our server.
    if (found?.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return path
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and none of ${CANDIDATES.join(', ')} can hold its files for another user.\n` +
      'Start as an ordinary user, or set DATABASE_URL to your own PostgreSQL.'
  )
}
