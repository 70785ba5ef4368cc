import { userInfo } from 'node:os'

/** The person who acts, and their reason. */
export interface Operator {
  who: string
  why: string | null
}

/** The operator of a command: `--as` or the user of the terminal, and `--why`. Texts are composed (NFC). */
export function terminalOperator({ as, why }: { as?: string; why?: string }): Operator {
  const text = (typed?: string) => typed?.trim().normalize('NFC')
  return { who: text(as) || terminalUser(), why: text(why) || null }
}

/** The user name of this terminal. */
export function terminalUser(): string {
  try {
    return userInfo().username
  } catch {
    // A container's user may have no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
