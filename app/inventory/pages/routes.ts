import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const ItemPageController = () => import('./controllers/item_page_controller.js')
const MovementFormsController = () => import('./controllers/movement_forms_controller.js')
const MovementsPageController = () => import('./controllers/movements_page_controller.js')
const ProductFormsController = () => import('./controllers/product_forms_controller.js')
const SelectionFormsController = () => import('./controllers/selection_forms_controller.js')
const StockPageController = () => import('./controllers/stock_page_controller.js')

/** Below `/admin`, for the staff. */
export function stockPages() {
  router
    .group(() => {
      router.get('stock', [StockPageController, 'index'])
      router.get('stock/movements', [MovementsPageController, 'index'])
      router.get('stock/movements.csv', [MovementsPageController, 'export'])
    })
    .as('stock.pages')
  router
    .group(() => {
      router.get('stock/new', [ProductFormsController, 'create'])
      router.post('stock/products', [ProductFormsController, 'store'])
      router.get('stock/:sku/edit', [ProductFormsController, 'edit'])
      router.post('stock/:sku/product', [ProductFormsController, 'update'])
      router.post('stock/restocks', [SelectionFormsController, 'restock'])
      router.post('stock/:sku/restocks', [MovementFormsController, 'restock'])
      router.post('stock/:sku/adjustments', [MovementFormsController, 'adjust'])
      router.post('stock/:sku/counts', [MovementFormsController, 'count'])
      router.post('stock/movements/:id/reversal', [MovementFormsController, 'reverse'])
    })
    .as('stock.work')
    .use(middleware.roles(['clerk', 'admin']))
}

/** Read last: any word may be an SKU. */
export function itemPages() {
  router.get('stock/:sku', [ItemPageController, 'show']).as('stock.pages.item')
}
