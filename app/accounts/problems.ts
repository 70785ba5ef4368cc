import type { ProblemKind } from '#http/problem_catalogue'

export const accountsProblems = {
  wrong_credentials: {
    status: 401,
    title: 'The e-mail address or the password is wrong',
    cause:
      'No account has this e-mail address and this password. The response does not reveal which one is wrong.',
    remedy:
      'Check both and try again. After ten wrong passwords each attempt takes up to two seconds longer, even with the right one.',
  },
  sign_up_closed: {
    status: 403,
    title: 'Sign-up is disabled',
    cause: 'This shop creates the accounts of its customers itself.',
    remedy: 'Ask the shop for an account.',
  },
  own_access: {
    status: 409,
    title: 'You cannot remove your own access',
    cause:
      'An administrator cannot disable their own account or give up their role, so that there is always an administrator.',
    remedy: 'Ask another administrator to do it.',
  },
  email_taken: {
    status: 409,
    title: 'The e-mail address has an account',
    cause: 'Each e-mail address can have one account. Upper and lower case make no difference.',
    remedy: 'Sign in instead, or sign up with another e-mail address.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many sign-in attempts at once',
    cause:
      'More passwords arrived at once than this process can check, from your address or in total, and this one was not checked. Wrong passwords lock neither accounts nor addresses: after 10 for an account, or 100 from an address, within 15 minutes, each attempt takes up to 2 seconds longer.',
    remedy:
      'Retry after Retry-After, one attempt at a time. Behind a proxy the operator must set TRUSTED_PROXIES, or all clients share the address of the proxy.',
  },
  too_many_sign_ups: {
    status: 429,
    title: 'Too many sign-ups',
    cause: 'Too many sign-ups came from this address.',
    remedy: 'Retry after Retry-After.',
  },
} as const satisfies Record<string, ProblemKind>

type AccountsProblems = typeof accountsProblems

declare module '#http/problem_catalogue' {
  interface DeclaredProblems extends AccountsProblems {}
}
