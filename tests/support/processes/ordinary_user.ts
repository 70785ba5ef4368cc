/*
 * Runs a program as an ordinary user. For root, whom modes of files do not stop, that is `nobody`.
 */
import { spawnSync } from 'node:child_process'

/** `nobody` on most systems. */
export const NOBODY = 65_534

export const isRoot = process.getuid?.() === 0

/** `nobody`, with the right to read all: the checkout may lie below a folder that only root may enter. */
const SETPRIV = [
  ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
  ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'],
  // Without it, access(2) ignores the right.
  '--securebits=+no_setuid_fixup',
]

interface Command {
  program: string
  args: string[]
  /** For `spawn`. */
  options: { uid?: number; gid?: number }
}

/** The command for `spawn` that runs this program as an ordinary user; unchanged unless this process is root. */
export function asOrdinaryUser(program: string, args: string[]): Command {
  if (!isRoot) return { program, args, options: {} }
  // A container may withhold this right, and its checkout can usually be entered.
  const mayRead = spawnSync('setpriv', [...SETPRIV, 'true']).status === 0
  return mayRead
    ? { program: 'setpriv', args: [...SETPRIV, program, ...args], options: {} }
    : { program, args, options: { uid: NOBODY, gid: NOBODY } }
}
