import type { HttpContext } from '@adonisjs/core/http'
import { listOperatorActions, outcomeOf } from '../operator_actions.ts'
import { runningReplays } from '../running_replays.ts'
import { operatorActionsValidator } from '../validators.ts'

const SHOWN = 50

/** Operators' actions on messages. */
export default class OperatorActionsController {
  async index({ request, view }: HttpContext) {
    const { before } = await operatorActionsValidator.validate(request.qs())
    const { rows, older } = await listOperatorActions({ before, limit: SHOWN })
    return view.render('operations::pages/operator_actions', {
      ...{ rows, older, outcomeOf, isRunning: runningReplays.has },
    })
  }
}
