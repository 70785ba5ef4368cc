import type { NavigationEntry } from '#contracts/ports/navigation'

export const ordersNavigation: NavigationEntry[] = [
  {
    href: '/admin/orders',
    label: 'Orders',
    icon: 'receipt-text',
    roles: ['clerk', 'operator', 'admin'],
  },
]
