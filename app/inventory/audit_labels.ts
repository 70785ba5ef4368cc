import type { AuditLabels } from '#contracts/ports/audit_labels'
import { isUuid } from '#runtime/uuid'

const item = (sku: string) => `/admin/stock/${sku}`
/** A rejected undo names the movement instead of the SKU. */
const undone = (thing: string) =>
  isUuid(thing) ? `/admin/stock/movements?undo=${thing}` : item(thing)
const imported = (id: string) => `/admin/stock/imports/${id}`

/** Labels of audited actions, by route name. */
export const auditLabels: AuditLabels = {
  'inventory.products.update': { words: 'changed a product', page: item },
  'inventory.products.patch': { words: 'changed a product', page: item },
  'inventory.restocks.store': { words: 'restocked', page: item },
  'inventory.adjustments.store': { words: 'adjusted', page: item },
  'inventory.counts.store': { words: 'counted', page: item },
  'inventory.reversals.store': { words: 'undid a movement', page: undone },
  'inventory.imports.store': { words: 'uploaded an import', page: imported },
  'inventory.import_applications.store': { words: 'applied an import', page: imported },
  'inventory.import_reversals.store': { words: 'undid an import', page: imported },
  'stock.work.product_forms.store': { words: 'listed a product', page: item },
  'stock.work.product_forms.update': { words: 'changed a product', page: item },
  'stock.work.selection_forms.restock': { words: 'restocked several SKUs', page: item },
  'stock.work.selection_forms.reverse': { words: 'undid a restock of several SKUs', page: item },
  'stock.work.movement_forms.restock': { words: 'restocked', page: item },
  'stock.work.movement_forms.adjust': { words: 'adjusted', page: item },
  'stock.work.movement_forms.count': { words: 'counted', page: item },
  'stock.work.movement_forms.reverse': { words: 'undid a movement', page: undone },
  'stock.work.import_forms.apply': { words: 'applied an import', page: imported },
  'stock.work.import_forms.reverse': { words: 'undid an import', page: imported },
  'stock.work.import_forms.drop': { words: 'discarded an import', page: imported },
  'stock.work.import': { words: 'uploaded an import', page: imported },
  'stock.work.receive.receive_page.scan': { words: 'scanned goods' },
  'stock.work.receive.receive_page.correct': { words: 'corrected a scan', page: item },
  'stock.work.receive.unknown_codes.identify': { words: 'identified a code' },
  'stock.work.receive.unknown_codes.forget': { words: 'forgot a code' },
  'stock.work.receive.receipts.name': { words: 'set the reference of a receipt' },
  'stock.work.receive.receipts.apply': { words: 'received goods' },
  'stock.work.receive.receipts.discard': { words: 'discarded a receipt' },
}
