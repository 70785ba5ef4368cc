import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const OrdersController = () => import('./controllers/orders_controller.js')
const TimelinesController = () => import('./controllers/timelines_controller.js')

/** Below `/api/v1`, for those who are signed in. */
export function ordersRoutes() {
  router
    .group(() => {
      router
        .post('orders', [OrdersController, 'store'])
        .use(middleware.roles(['customer', 'clerk', 'admin', 'service']))
      router.get('orders', [OrdersController, 'index'])
      router.get('orders/:id', [OrdersController, 'show'])
      router.get('orders/:id/timeline', [TimelinesController, 'show'])
    })
    .as('orders')
}
