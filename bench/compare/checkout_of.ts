import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, ROOT, type Checkout } from '../under_test/checkout.ts'
import type { Endings } from '../under_test/endings.ts'

/**
 * Checks a commit out into a folder of its own, with the packages of its own lock file, until the run ends.
 *
 * @throws Error for an unknown commit, or when npm or the compiler fails
 */
export async function checkoutOf(
  commit: string,
  compiled: boolean,
  endings: Endings
): Promise<Checkout> {
  const hash = git('rev-parse', '--verify', '--quiet', `${commit}^{commit}`)
  // In this folder, because hard links need one file system.
  mkdirSync(join(ROOT, '.data'), { recursive: true })
  const root = mkdtempSync(join(ROOT, '.data', `bench-${hash.slice(0, 7)}-`))
  endings.addFolder(root)
  git('worktree', 'add', '--detach', '--force', root, hash)
  const remove = () => void git('worktree', 'remove', '--force', root)
  endings.add({ end: async () => remove(), endNow: remove })
  installPackages(root)
  return compiled ? compile(root) : { root, compiled }
}

function installPackages(root: string) {
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8')
  const packages = join(ROOT, 'node_modules')
  if (existsSync(packages) && lock(root) === lock(ROOT)) run('cp', '-al', packages, root)
  else run('npm', 'ci', '--prefix', root, '--no-audit', '--no-fund')
}

function git(...args: string[]) {
  return run('git', '-C', ROOT, ...args)
}

function run(command: string, ...args: string[]) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}
