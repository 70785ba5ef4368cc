import { chmod, lstat, mkdir } from 'node:fs/promises'
import { EmbeddedPostgresError } from './embedded_postgres_error.ts'

// Unlike /tmp, both survive a restart of the machine.
const CANDIDATES = ['/var/lib/quartermaster', '/var/tmp/quartermaster']

/**
 * A directory that only root can write and every user can enter, for the files of a server whose user cannot reach the
 * project, such as below /root.
 *
 * @throws EmbeddedPostgresError when none can be created
 */
export async function sharedDirectory(): Promise<string> {
  for (const path of CANDIDATES) {
    // chmod, because the umask may exclude other users.
    await mkdir(path).then(
      () => chmod(path, 0o755),
      () => {}
    )
    const found = await lstat(path).catch(() => null)
    // In /var/tmp another user could have created it, and would then control the server.
    if (found?.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return path
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and none of ${CANDIDATES.join(', ')} can hold its files for another user.\n` +
      'Start as an ordinary user, or set DATABASE_URL to your own PostgreSQL.'
  )
}
