import type { HttpContext } from '@adonisjs/core/http'
import { outcomeOf, record } from '../record.ts'
import { runningReplays } from '../running_replays.ts'
import { recordValidator } from '../validators.ts'

const SHOWN = 50

/** The record of operators' actions on messages. */
export default class RecordController {
  async index({ request, view }: HttpContext) {
    const { before } = await recordValidator.validate(request.qs())
    const { rows, older } = await record({ before, limit: SHOWN })
    return view.render('operations::pages/record', {
      ...{ rows, older, outcomeOf, isRunning: runningReplays.has },
    })
  }
}
