import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const AccountsController = () => import('./controllers/accounts_controller.js')
const LowStockMailsController = () => import('./pages/controllers/low_stock_mails_controller.js')
const SessionsController = () => import('./controllers/sessions_controller.js')
const TokensController = () => import('./controllers/tokens_controller.js')

/** Below `/api/v1`, for everyone. */
export function signInRoutes() {
  router.post('accounts', [AccountsController, 'store']).as('accounts.store')
  router.post('tokens', [TokensController, 'store']).as('tokens.store')
}

/** Below `/api/v1`, for those who are signed in. */
export function accountsRoutes() {
  router.get('accounts/me', [AccountsController, 'show']).as('accounts.me')
  router.delete('tokens/current', [TokensController, 'destroy']).as('tokens.current.destroy')
}

/** Below `/admin`, for everyone. */
export function deskRoutes() {
  router.get('login', [SessionsController, 'create']).as('desk.login')
  router.post('login', [SessionsController, 'store']).as('desk.login.store')
}

/** Below `/admin`, for the staff. */
export function accountsPages() {
  router.get('resume', [SessionsController, 'resume']).as('desk.resume')
  router.post('logout', [SessionsController, 'destroy']).as('desk.logout')
}

/** Below `/admin`, for those who work with stock. */
export function lowStockPages() {
  router
    .group(() => {
      router.get('account/low-stock', [LowStockMailsController, 'edit'])
      router.post('account/low-stock', [LowStockMailsController, 'update'])
    })
    .as('account.low_stock')
    .use(middleware.roles(['clerk', 'admin']))
}
