import type { Role } from '#contracts/actor'

interface Place {
  href: string
  label: string
  icon: string
  roles: Role[]
}

const PLACES: Place[] = [
  { href: '/admin', label: 'Today', icon: 'calendar-days', roles: ['clerk', 'operator', 'admin'] },
  {
    href: '/admin/orders',
    label: 'Orders',
    icon: 'receipt-text',
    roles: ['clerk', 'operator', 'admin'],
  },
  { href: '/admin/stock', label: 'Stock', icon: 'package', roles: ['clerk', 'operator', 'admin'] },
  {
    href: '/admin/stock/receive',
    label: 'Receive',
    icon: 'scan-barcode',
    roles: ['clerk', 'admin'],
  },
  { href: '/admin/stock/imports', label: 'Imports', icon: 'file-up', roles: ['clerk', 'admin'] },
  { href: '/admin/people', label: 'People', icon: 'users', roles: ['admin'] },
]

/** The main places of a role; the one that `path` lies in is current: the longest that it begins with. */
export function navigation(role: Role, path: string) {
  const places = PLACES.filter(({ roles }) => roles.includes(role))
  const around = places.filter(({ href }) => path === href || path.startsWith(`${href}/`))
  const [current] = around.sort((a, b) => b.href.length - a.href.length)
  return places.map((place) => ({ ...place, current: place === current }))
}
