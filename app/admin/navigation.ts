import { runsHere } from '#config/database'
import type { Role } from '#contracts/actor'

interface Place {
  href: string
  label: string
  icon: string
  roles: Role[]
  /** Whose page it is; one that runs elsewhere has it there. */
  module?: 'orders' | 'inventory'
}

/** Accounts', and those of all. */
const ALWAYS_HERE = 'accounts' as const

const STAFF: Role[] = ['clerk', 'operator', 'admin']

/** In the bar; on the phone as tabs, of which six fit. */
const PLACES: Place[] = [
  { href: '/admin', label: 'Today', icon: 'calendar-days', roles: STAFF },
  { href: '/admin/orders', label: 'Orders', icon: 'receipt-text', roles: STAFF, module: 'orders' },
  { href: '/admin/stock', label: 'Stock', icon: 'package', roles: STAFF, module: 'inventory' },
  {
    href: '/admin/stock/receive',
    label: 'Receive',
    icon: 'scan-barcode',
    roles: ['clerk', 'admin'],
    module: 'inventory',
  },
  {
    href: '/admin/stock/imports',
    label: 'Imports',
    icon: 'file-up',
    roles: ['clerk', 'admin'],
    module: 'inventory',
  },
  {
    href: '/admin/operations',
    label: 'Operations',
    icon: 'activity',
    roles: ['operator', 'admin'],
  },
]

/** Behind the name: what one looks for once in a while. */
const ASIDE: Place[] = [
  { href: '/admin/account', label: 'Account', icon: 'circle-user', roles: STAFF },
  { href: '/admin/people', label: 'People', icon: 'users', roles: ['admin'] },
  { href: '/admin/audit', label: 'Audit', icon: 'scroll-text', roles: ['admin'] },
]

/** The places of a role; the one that `path` lies in is current: the longest that it begins with. */
export function navigation(role: Role, path: string) {
  const of = (places: Place[]) =>
    places.filter(({ roles, module = ALWAYS_HERE }) => roles.includes(role) && runsHere(module))
  const [current] = [...of(PLACES), ...of(ASIDE)]
    .filter(({ href }) => path === href || (href !== '/admin' && path.startsWith(`${href}/`)))
    .sort((a, b) => b.href.length - a.href.length)
  const marked = (places: Place[]) =>
    of(places).map((place) => ({ ...place, current: place === current }))
  return { places: marked(PLACES), aside: marked(ASIDE) }
}
