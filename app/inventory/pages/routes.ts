import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const RestockFormsController = () => import('./controllers/restock_forms_controller.js')
const StockPageController = () => import('./controllers/stock_page_controller.js')

/** Below `/admin`, for the staff. */
export function stockPages() {
  const stockWorkers = middleware.roles(['clerk', 'admin'])
  router
    .group(() => {
      router.get('stock', [StockPageController, 'index'])
      router.post('stock/:sku/restocks', [RestockFormsController, 'store']).use(stockWorkers)
    })
    .as('stock.pages')
}
