import type { Role } from '#contracts/actor'
import type { NavigationEntry } from '#contracts/ports/navigation'

interface Navigation {
  /** In the bar. On a phone these are tabs, of which six fit. */
  bar: NavigationEntry[]
  /** In the menu behind the name of the signed-in person. */
  menu: NavigationEntry[]
}

const entries: Navigation = { bar: [], menu: [] }

/** Called once, by start/, with the entries of the modules that run here. */
export function useNavigation(declared: Navigation) {
  Object.assign(entries, declared)
}

/** The entries for a role. The current one is the longest whose path `path` begins with. */
export function navigation(role: Role, path: string) {
  const of = (all: NavigationEntry[]) => all.filter(({ roles }) => roles.includes(role))
  const [current] = [...of(entries.bar), ...of(entries.menu)]
    .filter(({ href }) => path === href || (href !== '/admin' && path.startsWith(`${href}/`)))
    .sort((a, b) => b.href.length - a.href.length)
  const marked = (all: NavigationEntry[]) =>
    of(all).map((entry) => ({ ...entry, current: entry === current }))
  return { bar: marked(entries.bar), menu: marked(entries.menu) }
}
