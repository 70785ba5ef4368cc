import type { NavigationEntry } from '#contracts/ports/navigation'

export const todayEntry: NavigationEntry = {
  href: '/admin',
  label: 'Today',
  icon: 'calendar-days',
  roles: ['clerk', 'operator', 'admin'],
}

export const operationsEntry: NavigationEntry = {
  href: '/admin/operations',
  label: 'Operations',
  icon: 'activity',
  roles: ['operator', 'admin'],
}
