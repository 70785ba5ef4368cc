/** An error that the user can fix: the message names cause and remedy. Print it without the stack. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}

const CAUSES: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file is in the way',
  EISDIR: 'a directory is in the way',
  ENAMETOOLONG: 'the path is too long',
}

const CANNOT_CREATE = 'it cannot be created, perhaps the file system is read-only'

/** Runs `work`, and turns errors of the file system into EmbeddedPostgresErrors about the data directory. */
export async function explained<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, path, syscall } = error as NodeJS.ErrnoException
    // On a read-only file system, a recursive mkdir fails with ENOENT in Node.js.
    const cause = code === 'ENOENT' && syscall === 'mkdir' ? CANNOT_CREATE : CAUSES[code ?? '']
    if (error instanceof EmbeddedPostgresError || !cause) throw error
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL cannot use its data directory "${dataDir}": ${cause} (${path ?? code}).\n` +
        'Fix the cause, choose another directory (DATA_DIR=/some/where), or set DATABASE_URL to your own PostgreSQL.',
      { cause: error }
    )
  }
}

/** The last error in the output or the log of PostgreSQL's programs. */
export function reasonIn(output: string): string {
  const lines = output.trim().split('\n')
  // Later errors are only consequences of a full disk.
  if (/No space left on device|wrote only \d+ of/.test(output)) return 'no space left on the device'
  const cause = lines.findLast((line) => /\b(FATAL|PANIC|ERROR|error): /.test(line))
  const reason = (cause ?? lines.at(-1) ?? '').replace(/^.*?\b(FATAL|PANIC|ERROR|error): +/, '')
  return reason || 'it gave no reason'
}
