import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const AccessController = () => import('./controllers/access_controller.js')
const AuditController = () => import('./controllers/audit_controller.js')
const InvitationController = () => import('./controllers/invitation_controller.js')
const InvitationsController = () => import('./controllers/invitations_controller.js')
const LowStockMailsController = () => import('./controllers/low_stock_mails_controller.js')
const MyAccountController = () => import('./controllers/my_account_controller.js')
const PeopleController = () => import('./controllers/people_controller.js')
const ServicesController = () => import('./controllers/services_controller.js')
const SessionsController = () => import('./controllers/sessions_controller.js')

/** Below `/admin`, public. */
export function signInPages() {
  router.get('login', [SessionsController, 'create']).as('desk.login')
  router.post('login', [SessionsController, 'store']).as('desk.login.store')
  router.post('logout', [SessionsController, 'destroy']).as('desk.logout')
  router.get('invitation', [InvitationController, 'show']).as('desk.invitation')
  router.post('invitation', [InvitationController, 'accept']).as('desk.invitation.accept')
}

/** Below `/admin`, for the staff. */
export function accountsPages() {
  router.get('resume', [SessionsController, 'resume']).as('desk.resume')
  router
    .group(() => {
      // The audit stores the names and metrics use them as labels, so they never change.
      router.get('account', [MyAccountController, 'show']).as('show')
      router.post('account/password', [MyAccountController, 'changePassword']).as('change_password')
      router
        .post('account/time-zone', [MyAccountController, 'chooseTimeZone'])
        .as('choose_time_zone')
      router.post('account/sessions/end', [MyAccountController, 'endOthers']).as('end_others')
      router
        .post('account/sessions/:session/end', [MyAccountController, 'endSession'])
        .as('end_session')
    })
    .as('account.own')
  router
    .group(() => {
      router.get('account/low-stock', [LowStockMailsController, 'edit'])
      router.post('account/low-stock', [LowStockMailsController, 'update'])
    })
    .as('account.low_stock')
    .use(middleware.roles(['clerk', 'admin']))
}

/** Below `/admin`, for administrators. */
export function peoplePages() {
  router
    .group(() => {
      router.get('people', [PeopleController, 'index'])
      router.post('people/invitations', [InvitationsController, 'store'])
      router
        .post('people/invitations/:id/mail', [InvitationsController, 'resend'])
        // The audit stores this name, so it never changes.
        .as('invitations.send_again')
      router.post('people/invitations/:id/withdrawal', [InvitationsController, 'destroy'])
      router.post('people/services', [ServicesController, 'store'])
      router.get('people/:id', [PeopleController, 'show'])
      router.post('people/:id/tokens', [ServicesController, 'addToken'])
      router.post('people/:id/role', [AccessController, 'changeRole'])
      router.post('people/:id/disabling', [AccessController, 'disable'])
      router.post('people/:id/enabling', [AccessController, 'enable'])
      router.post('people/:id/sessions/:session/end', [AccessController, 'endSession'])
      router.post('people/:id/tokens/:token/revocation', [AccessController, 'revokeToken'])
      router.get('audit', [AuditController, 'index'])
      router.get('audit.csv', [AuditController, 'export'])
    })
    .as('people')
    .use(middleware.roles(['admin']))
}
