/**
 * Something the person at the keyboard can fix: the message says the cause and the way out in one or
 * two lines. Print the message alone, its stack tells nothing more.
 */
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

/**
 * Runs `work`; a refusal of the file system becomes an EmbeddedPostgresError about the data directory.
 * Every other error is a bug of ours and passes as it is.
 */
export async function explained<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, path, syscall } = error as NodeJS.ErrnoException
    // On a read-only file system Node.js says ENOENT for a recursive mkdir.
    const cause = code === 'ENOENT' && syscall === 'mkdir' ? CANNOT_CREATE : CAUSES[code ?? '']
    if (error instanceof EmbeddedPostgresError || !cause) throw error
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL cannot use its data directory "${dataDir}": ${cause} (${path ?? code}).\n` +
        'Fix the cause, choose another directory (DATA_DIR=/some/where), or set DATABASE_URL to your own PostgreSQL.',
      { cause: error }
    )
  }
}

/** The last cause that PostgreSQL's programs named in what they printed or logged. */
export function reasonIn(output: string): string {
  const lines = output.trim().split('\n')
  // PostgreSQL goes on to complain about the consequences.
  if (/No space left on device|wrote only \d+ of/.test(output)) return 'no space left on the device'
  const cause = lines.findLast((line) => /\b(FATAL|PANIC|ERROR|error): /.test(line))
  const reason = (cause ?? lines.at(-1) ?? '').replace(/^.*?\b(FATAL|PANIC|ERROR|error): +/, '')
  return reason || 'it gave no reason'
}
