import env from '#start/env'

export const signUpOpen = env.get('SIGN_UP') === 'on'

/** Days until an access token expires; a service's lasts until it is revoked. */
export const tokenDays = env.get('TOKEN_DAYS')
