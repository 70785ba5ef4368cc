import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const AdjustmentsController = () => import('./controllers/adjustments_controller.js')
const CountsController = () => import('./controllers/counts_controller.js')
const HoldingsController = () => import('./controllers/holdings_controller.js')
const MovementsController = () => import('./controllers/movements_controller.js')
const ProductsController = () => import('./controllers/products_controller.js')
const RestocksController = () => import('./controllers/restocks_controller.js')
const ReversalsController = () => import('./controllers/reversals_controller.js')
const StockController = () => import('./controllers/stock_controller.js')

/** Below `/api/v1`, for everyone. */
export function catalogueRoutes() {
  router
    .group(() => {
      router.get('products', [ProductsController, 'index'])
      router.get('products/:sku', [ProductsController, 'show'])
    })
    .as('catalogue')
}

/** Below `/api/v1`, for those who are signed in. */
export function inventoryRoutes() {
  const stockReaders = middleware.roles(['clerk', 'operator', 'admin', 'service'])
  const stockWorkers = middleware.roles(['clerk', 'admin'])
  router
    .group(() => {
      router.put('products/:sku', [ProductsController, 'update']).use(stockWorkers)
      router.get('stock', [StockController, 'index']).use(stockReaders)
      router
        .get('stock/holdings', [HoldingsController, 'index'])
        .use(middleware.roles(['operator', 'admin']))
      router.get('stock/movements', [MovementsController, 'index']).use(stockReaders)
      router.post('stock/movements/:id/reversal', [ReversalsController, 'store']).use(stockWorkers)
      router.get('stock/:sku', [StockController, 'show']).use(stockReaders)
      router.get('stock/:sku/movements', [MovementsController, 'ofItem']).use(stockReaders)
      router.post('stock/:sku/restocks', [RestocksController, 'store']).use(stockWorkers)
      router.post('stock/:sku/adjustments', [AdjustmentsController, 'store']).use(stockWorkers)
      router.post('stock/:sku/counts', [CountsController, 'store']).use(stockWorkers)
    })
    .as('inventory')
}
