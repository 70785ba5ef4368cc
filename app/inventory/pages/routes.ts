import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'
import { showImportGuide } from './imports/import_guide.ts'

const BlockedOrdersController = () => import('./movements/blocked_orders_controller.js')
const ImportFormsController = () => import('./imports/import_forms_controller.js')
const ImportsPageController = () => import('./imports/imports_page_controller.js')
const ItemPageController = () => import('./stock/item_page_controller.js')
const MovementFormsController = () => import('./stock/movement_forms_controller.js')
const MovementsPageController = () => import('./movements/movements_page_controller.js')
const ProductFormsController = () => import('./stock/product_forms_controller.js')
const ReceiptsController = () => import('./receipts/receipts_controller.js')
const ReceivePageController = () => import('./receipts/receive_page_controller.js')
const SelectionFormsController = () => import('./stock/selection_forms_controller.js')
const StockPageController = () => import('./stock/stock_page_controller.js')
const UnknownCodesController = () => import('./receipts/unknown_codes_controller.js')

/** All staff can read; changes are for clerks and administrators. */
export function stockPages() {
  router
    .group(() => {
      router.get('stock', [StockPageController, 'index'])
      router.get('stock.csv', [StockPageController, 'export'])
      router.get('stock/movements', [MovementsPageController, 'index'])
      router.get('stock/movements.csv', [MovementsPageController, 'export'])
      router.get('stock/held-up/:order', [BlockedOrdersController, 'show']).as('held_up.show')
    })
    .as('stock.pages')
  router
    .group(() => {
      router.get('stock/new', [ProductFormsController, 'create'])
      router.post('stock/products', [ProductFormsController, 'store'])
      router.get('stock/:sku/edit', [ProductFormsController, 'edit'])
      router.post('stock/:sku/product', [ProductFormsController, 'update'])
      router.get('stock/imports', [ImportsPageController, 'index'])
      router.get('stock/imports/guide', showImportGuide).as('import_forms.guide')
      router.get('stock/imports/:id', [ImportsPageController, 'show'])
      router.get('stock/imports/:id/errors.csv', [ImportsPageController, 'errors'])
      router.get('stock/imports/:id/rows.csv', [ImportsPageController, 'rows'])
      router.post('stock/imports/:id/application', [ImportFormsController, 'apply'])
      router.post('stock/imports/:id/reversal', [ImportFormsController, 'reverse'])
      router.post('stock/imports/:id/removal', [ImportFormsController, 'drop'])
      router.post('stock/restocks', [SelectionFormsController, 'restock'])
      router.post('stock/restocks/reversal', [SelectionFormsController, 'reverse'])
      router.post('stock/:sku/restocks', [MovementFormsController, 'restock'])
      router.post('stock/:sku/adjustments', [MovementFormsController, 'adjust'])
      router.post('stock/:sku/counts', [MovementFormsController, 'count'])
      router.post('stock/movements/:id/reversal', [MovementFormsController, 'reverse'])
      receivePages()
    })
    .as('stock.work')
    .use(middleware.roles(['clerk', 'admin']))
}

/** The upload form under `/admin`, which is read as a stream. */
export function uploadPages() {
  router
    .post('stock/imports', [ImportFormsController, 'upload'])
    .as('stock.work.import')
    .use(middleware.roles(['clerk', 'admin']))
}

function receivePages() {
  router
    .group(() => {
      router.get('', [ReceivePageController, 'show'])
      router.post('scans', [ReceivePageController, 'scan'])
      router.post('lines/:sku', [ReceivePageController, 'correct'])
      router.get('codes', [UnknownCodesController, 'show'])
      router.post('codes/identified', [UnknownCodesController, 'identify'])
      router.post('codes/forgotten', [UnknownCodesController, 'forget'])
      router.get('review', [ReceiptsController, 'review'])
      router.post('review', [ReceiptsController, 'name'])
      router.post('application', [ReceiptsController, 'apply'])
      router.get('discard', [ReceiptsController, 'confirmDiscard'])
      router.post('discard', [ReceiptsController, 'discard'])
    })
    .as('receive')
    .prefix('stock/receive')
}

/** Register this route last: it matches any word as an SKU. */
export function itemPages() {
  router.get('stock/:sku', [ItemPageController, 'show']).as('stock.pages.item')
}
