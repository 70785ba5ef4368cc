import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const EventsController = () => import('../api/controllers/events_controller.js')
const OrderFormsController = () => import('./order/order_forms_controller.js')
const OrderPageController = () => import('./order/order_page_controller.js')
const OrdersPageController = () => import('./list/orders_page_controller.js')
const SelectedOrdersController = () => import('./list/selected_orders_controller.js')

/** Below `/admin`, for staff. */
export function orderPages() {
  router
    .group(() => {
      router.get('orders/fulfilment', [SelectedOrdersController, 'show'])
      router.post('orders/fulfilment', [SelectedOrdersController, 'fulfil'])
      router.get('orders/:id/cancellation', [OrderPageController, 'cancellation'])
      router.get('orders/:id/fulfilment', [OrderPageController, 'fulfilment'])
      router.post('orders/:id/lines', [OrderFormsController, 'lines'])
      router.post('orders/:id/contact', [OrderFormsController, 'contact'])
      router.post('orders/:id/note', [OrderFormsController, 'note'])
      router.post('orders/:id/cancellation', [OrderFormsController, 'cancel'])
      router.post('orders/:id/fulfilment', [OrderFormsController, 'fulfil'])
      router
        .post('orders/:id/mails/:mail', [OrderFormsController, 'mail'])
        .where('mail', router.matchers.uuid())
    })
    .as('desk.work')
    .use(middleware.roles(['clerk', 'admin']))
  router
    .group(() => {
      router.get('orders', [OrdersPageController, 'index'])
      router.get('orders/newer', [OrdersPageController, 'newer'])
      router.get('orders.csv', [OrdersPageController, 'export'])
      router.get('orders/slips', [SelectedOrdersController, 'slips'])
      router.get('orders/:id', [OrderPageController, 'show'])
      router.get('orders/:id/events', [EventsController, 'show']).as('order_events.index')
    })
    .as('desk.pages')
}
