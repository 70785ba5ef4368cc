import type { KeyPage } from '#contracts/ports/key_page'
import { isUuid } from '#runtime/uuid'

/** Keys of orders are their ids. */
export const orderOfKey: KeyPage = (key) => (isUuid(key) ? `/admin/orders/${key}` : null)
