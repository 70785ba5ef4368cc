import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'
import { MOST_BYTES } from '../imports/receive_upload.ts'

const ImportsController = () => import('./controllers/imports_controller.js')
const MovementsController = () => import('./controllers/movements_controller.js')
const ProductsController = () => import('./controllers/products_controller.js')
const StockChangesController = () => import('./controllers/stock_changes_controller.js')
const StockController = () => import('./controllers/stock_controller.js')

/** Routes under `/api/v1` for everyone. */
export function catalogueRoutes() {
  router
    .group(() => {
      router.get('products', [ProductsController, 'index'])
      router.get('products/:sku', [ProductsController, 'show'])
    })
    .as('catalogue')
}

/** Routes under `/api/v1` for signed-in accounts. */
export function inventoryRoutes() {
  router
    .group(() => {
      router
        .get('stock/holdings', [StockController, 'holdings'])
        .as('holdings.index')
        .use(middleware.roles(['operator', 'admin']))
      router.group(stockWork).use(middleware.roles(['clerk', 'admin']))
      router
        .group(() => {
          router.get('stock', [StockController, 'index'])
          router.get('stock/movements', [MovementsController, 'index'])
          router.get('stock/:sku', [StockController, 'show'])
          router.get('stock/:sku/movements', [MovementsController, 'ofItem'])
        })
        .use(middleware.roles(['clerk', 'operator', 'admin', 'service']))
    })
    .as('inventory')
}

function stockWork() {
  router.put('products/:sku', [ProductsController, 'update'])
  router.patch('products/:sku', [ProductsController, 'patch'])
  router.get('stock/imports', [ImportsController, 'index'])
  router.get('stock/imports/:id', [ImportsController, 'show'])
  router.get('stock/imports/:id/rows', [ImportsController, 'rows']).as('import_rows.index')
  router.get('stock/imports/:id/errors', [ImportsController, 'errors']).as('import_rows.errors')
  router
    .post('stock/imports/:id/application', [ImportsController, 'apply'])
    .as('import_applications.store')
  router
    .post('stock/imports/:id/reversal', [ImportsController, 'reverse'])
    .as('import_reversals.store')
  router
    .post('stock/movements/:id/reversal', [StockChangesController, 'reverse'])
    .as('reversals.store')
  router.post('stock/:sku/restocks', [StockChangesController, 'restock']).as('restocks.store')
  router.post('stock/:sku/adjustments', [StockChangesController, 'adjust']).as('adjustments.store')
  router.post('stock/:sku/counts', [StockChangesController, 'count']).as('counts.store')
}

/** Uploads under `/api/v1` for signed-in accounts. */
export function inventoryUploads() {
  router
    .post('stock/imports', [ImportsController, 'store'])
    .as('inventory.imports.store')
    .use([middleware.roles(['clerk', 'admin']), middleware.upload({ most: MOST_BYTES })])
}
