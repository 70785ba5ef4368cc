import type { Role } from '../actor.ts'

/** A link to a page in the navigation of the admin pages. Each module declares its own. */
export interface NavigationEntry {
  href: string
  label: string
  /** Name of an icon at lucide.dev. */
  icon: string
  /** Roles that see the link. */
  roles: Role[]
}
