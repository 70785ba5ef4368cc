import { Counter } from 'prom-client'

export const logInAttempts = new Counter({
  name: 'quartermaster_accounts_log_in_attempts_total',
  help: 'Sign-in attempts by outcome: succeeded; failed (wrong e-mail or password); rejected (not checked, too many at once); unavailable (not checked, server busy).',
  labelNames: ['outcome'] as const,
})

export const logInAttemptsSlowed = new Counter({
  name: 'quartermaster_accounts_log_in_attempts_slowed_total',
  help: 'Sign-in attempts that were delayed because of earlier failures.',
})
