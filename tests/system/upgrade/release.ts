/*
 * The release that an upgrade starts from, as a checkout beside the working tree with its own packages.
 */
import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { APP_ROOT } from '#tests/support/processes/app_process'

/** A tag may not travel with a clone: the commit is the release. */
export const RELEASE = { version: '0.1.0', commit: 'ffcb8c13502db6e9126bab4b515c796f659c8b78' }

const run = promisify(execFile)

/**
 * Unpacks the release into `.data/upgrade` and installs it from its own lock file; once done it stays.
 *
 * @returns its folder
 */
export async function checkOutRelease(): Promise<string> {
  const folder = join(APP_ROOT, '.data', 'upgrade', RELEASE.version)
  const installed = join(folder, 'node_modules', '.package-lock.json')
  if (
    await access(installed).then(
      () => true,
      () => false
    )
  )
    return folder
  await mkdir(folder, { recursive: true })
  const unpack = `git archive ${RELEASE.commit} | tar -x -C "$1"`
  await run('bash', ['-o', 'pipefail', '-c', unpack, 'unpack', folder], { cwd: APP_ROOT })
  await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder })
  return folder
}
