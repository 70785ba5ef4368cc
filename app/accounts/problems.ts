import type { ProblemEntry } from '#http/problem_catalogue'

export const accountsProblems = {
  wrong_credentials: [
    401,
    'The e-mail address or the password is wrong',
    'No account has this e-mail address and this password. The response does not reveal which one is wrong.',
    'Check both and try again. After ten wrong passwords each attempt takes up to two seconds longer, even with the right one.',
  ],
  sign_up_closed: [
    403,
    'Sign-up is disabled',
    'This shop creates the accounts of its customers itself.',
    'Ask the shop for an account.',
  ],
  own_access: [
    409,
    'You cannot remove your own access',
    'An administrator cannot disable their own account or give up their role, so that there is always an administrator.',
    'Ask another administrator to do it.',
  ],
  email_taken: [
    409,
    'The e-mail address has an account',
    'Each e-mail address can have one account. Upper and lower case make no difference.',
    'Sign in instead, or sign up with another e-mail address.',
  ],
  too_many_attempts: [
    429,
    'Too many sign-in attempts at once',
    'More passwords arrived at once than this process can check, from your address or in total, and this one was not checked. Wrong passwords lock neither accounts nor addresses: after 10 for an account, or 100 from an address, within 15 minutes, each attempt takes up to 2 seconds longer.',
    'Wait for the seconds in Retry-After, then try again, one attempt at a time. Behind a proxy the operator must set TRUSTED_PROXIES, or all clients share the address of the proxy.',
  ],
  too_many_sign_ups: [
    429,
    'Too many sign-ups',
    'Too many sign-ups came from this address.',
    'Wait for the seconds in Retry-After, then try again.',
  ],
} as const satisfies Record<string, ProblemEntry>

declare module '#http/problem_catalogue' {
  interface DeclaredProblems extends Record<keyof typeof accountsProblems, true> {}
}
