import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'
import { MOST_BYTES } from '../imports/receive_upload.ts'

const AdjustmentsController = () => import('./controllers/adjustments_controller.js')
const CountsController = () => import('./controllers/counts_controller.js')
const HoldingsController = () => import('./controllers/holdings_controller.js')
const ImportApplicationsController = () => import('./controllers/import_applications_controller.js')
const ImportReversalsController = () => import('./controllers/import_reversals_controller.js')
const ImportRowsController = () => import('./controllers/import_rows_controller.js')
const ImportsController = () => import('./controllers/imports_controller.js')
const MovementsController = () => import('./controllers/movements_controller.js')
const ProductsController = () => import('./controllers/products_controller.js')
const RestocksController = () => import('./controllers/restocks_controller.js')
const ReversalsController = () => import('./controllers/reversals_controller.js')
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
  const stockReaders = middleware.roles(['clerk', 'operator', 'admin', 'service'])
  const stockWorkers = middleware.roles(['clerk', 'admin'])
  router
    .group(() => {
      router.put('products/:sku', [ProductsController, 'update']).use(stockWorkers)
      router.patch('products/:sku', [ProductsController, 'patch']).use(stockWorkers)
      router.get('stock', [StockController, 'index']).use(stockReaders)
      router
        .get('stock/holdings', [HoldingsController, 'index'])
        .use(middleware.roles(['operator', 'admin']))
      router.get('stock/movements', [MovementsController, 'index']).use(stockReaders)
      router.post('stock/movements/:id/reversal', [ReversalsController, 'store']).use(stockWorkers)
      router
        .group(() => {
          router.get('', [ImportsController, 'index'])
          router.get(':id', [ImportsController, 'show'])
          router.get(':id/rows', [ImportRowsController, 'index'])
          router.get(':id/errors', [ImportRowsController, 'errors'])
          router.post(':id/application', [ImportApplicationsController, 'store'])
          router.post(':id/reversal', [ImportReversalsController, 'store'])
        })
        .prefix('stock/imports')
        .use(stockWorkers)
      router.get('stock/:sku', [StockController, 'show']).use(stockReaders)
      router.get('stock/:sku/movements', [MovementsController, 'ofItem']).use(stockReaders)
      router.post('stock/:sku/restocks', [RestocksController, 'store']).use(stockWorkers)
      router.post('stock/:sku/adjustments', [AdjustmentsController, 'store']).use(stockWorkers)
      router.post('stock/:sku/counts', [CountsController, 'store']).use(stockWorkers)
    })
    .as('inventory')
}

/** Uploads under `/api/v1` for signed-in accounts. */
export function inventoryUploads() {
  router
    .post('stock/imports', [ImportsController, 'store'])
    .as('inventory.imports.store')
    .use([middleware.roles(['clerk', 'admin']), middleware.upload({ most: MOST_BYTES })])
}
