import type { KeyPage } from '#contracts/ports/key_page'
import { isUuid } from '#runtime/uuid'

/** Keys of products are their SKUs; a UUID is an order's. */
export const productOfKey: KeyPage = (key) =>
  isUuid(key) ? null : `/admin/stock/${encodeURIComponent(key)}`
