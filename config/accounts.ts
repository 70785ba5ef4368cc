import env from '#start/env'

export const signUpOpen = env.get('SIGN_UP') === 'on'

/** Days until an access token expires. Tokens of services never expire. */
export const tokenDays = env.get('TOKEN_DAYS')
