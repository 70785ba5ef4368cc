import env from '#start/env'
import { defineConfig } from '@adonisjs/auth'
import { sessionGuard, sessionUserProvider } from '@adonisjs/auth/session'
import type { InferAuthenticators } from '@adonisjs/auth/types'

export const signUpOpen = env.get('SIGN_UP') === 'on'

/** Days until an access token expires. Tokens of services never expire. */
export const tokenDays = env.get('TOKEN_DAYS')

/** Sign-in of the admin pages. For access tokens of the API see app/accounts/credentials/tokens.ts. */
const authConfig = defineConfig({
  default: 'web',
  guards: {
    web: sessionGuard({
      useRememberMeTokens: false,
      provider: sessionUserProvider({ model: () => import('#accounts/models/account') }),
    }),
  },
})

export default authConfig

declare module '@adonisjs/auth/types' {
  export interface Authenticators extends InferAuthenticators<typeof authConfig> {}
}
