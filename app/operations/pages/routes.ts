import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'
import { operationsPage } from './operations_page.ts'

const DeadLettersController = () => import('./controllers/dead_letters_controller.js')
const MailsController = () => import('./controllers/mails_controller.js')
const OperatorActionsController = () => import('./controllers/operator_actions_controller.js')
const ParkedKeysController = () => import('./controllers/parked_keys_controller.js')
const ReplaysController = () => import('./controllers/replays_controller.js')

/** Below `/admin`, for operators. @param attention - see `operationsPage` */
export function operatorPages(attention: (() => Promise<number>) | null) {
  router
    .group(() => {
      // The audit stores the names and metrics use them as labels, so they never change.
      router.get('', operationsPage(attention)).as('index')
      router.get('record', [OperatorActionsController, 'index']).as('record.index')
      router.get('letters', [DeadLettersController, 'index'])
      router.get('letters/discard', [DeadLettersController, 'confirmDiscard'])
      router.get('letters/:module/:id', [DeadLettersController, 'show'])
      router.post('letters/redrive', [DeadLettersController, 'redrive']).as('letters.redrive')
      router.post('letters/discard', [DeadLettersController, 'discard']).as('letters.discard')
      router
        .post('letters/:module/:id/payload', [DeadLettersController, 'unmask'])
        .as('letters.unmask')
      router.post('mails/:module/:id', [MailsController, 'resend']).as('mails.send_again')
      router.post('mails/:module/:id/now', [MailsController, 'sendNow']).as('mails.send_now')
      router.post('mails/:module/:id/hold', [MailsController, 'hold']).as('mails.hold')
      router.post('mails/:module/:id/give-up', [MailsController, 'giveUp']).as('mails.give_up')
      router.post('parked/retry', [ParkedKeysController, 'retry'])
      router.get('replay', [ReplaysController, 'plan'])
      router.post('replays', [ReplaysController, 'store'])
      router.post('replays/:module/:id', [ReplaysController, 'resume'])
    })
    .prefix('operations')
    .as('operations')
    .use(middleware.roles(['operator', 'admin']))
}
