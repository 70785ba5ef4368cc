import type { NavigationEntry } from '#contracts/ports/navigation'

export const inventoryNavigation: NavigationEntry[] = [
  {
    href: '/admin/stock',
    label: 'Stock',
    icon: 'package',
    roles: ['clerk', 'operator', 'admin'],
  },
  {
    href: '/admin/stock/receive',
    label: 'Receive',
    icon: 'scan-barcode',
    roles: ['clerk', 'admin'],
  },
  { href: '/admin/stock/imports', label: 'Imports', icon: 'file-up', roles: ['clerk', 'admin'] },
]
