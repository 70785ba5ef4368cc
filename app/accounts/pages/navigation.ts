import type { NavigationEntry } from '#contracts/ports/navigation'

export const accountsNavigation: NavigationEntry[] = [
  {
    href: '/admin/account',
    label: 'Account',
    icon: 'circle-user',
    roles: ['clerk', 'operator', 'admin'],
  },
  { href: '/admin/people', label: 'People', icon: 'users', roles: ['admin'] },
  { href: '/admin/audit', label: 'Audit', icon: 'scroll-text', roles: ['admin'] },
]
