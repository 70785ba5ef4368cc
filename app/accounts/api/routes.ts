import router from '@adonisjs/core/services/router'

const AccountsController = () => import('./controllers/accounts_controller.js')
const TokensController = () => import('./controllers/tokens_controller.js')

/** Below `/api/v1`, public. */
export function signInRoutes() {
  router.post('accounts', [AccountsController, 'store']).as('accounts.store')
  router.post('tokens', [TokensController, 'store']).as('tokens.store')
}

/** Below `/api/v1`, with authentication. */
export function accountsRoutes() {
  router.get('accounts/me', [AccountsController, 'show']).as('accounts.me')
  router.delete('tokens/current', [TokensController, 'destroy']).as('tokens.current.destroy')
}
