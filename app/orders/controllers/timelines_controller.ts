import type { HttpContext } from '@adonisjs/core/http'
import { pageBody, pageOf } from '#http/pages'
import { findOrder, listSteps } from '../find_orders.ts'
import { orderId } from '../validators/order_id.ts'
import { stepBody } from '../transformers/step_body.ts'

export default class TimelinesController {
  async show(ctx: HttpContext) {
    const { account, request } = ctx
    const id = orderId(ctx)
    const page = await pageOf(request.qs())
    const order = await findOrder(id, account)
    const steps = await listSteps(order, page)
    return pageBody(
      steps,
      page,
      ({ sequence }) => [String(sequence)],
      (step) => stepBody(step, account)
    )
  }
}
