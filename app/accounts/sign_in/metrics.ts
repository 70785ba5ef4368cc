import { Counter } from 'prom-client'

export const logInAttempts = new Counter({
  name: 'quartermaster_accounts_log_in_attempts_total',
  help: 'Attempts to sign in: succeeded, failed (wrong e-mail or password), or not checked: rejected because too many were sent at once, unavailable because others or a busy processor left no time for it.',
  labelNames: ['outcome'] as const,
})

export const logInAttemptsSlowed = new Counter({
  name: 'quartermaster_accounts_log_in_attempts_slowed_total',
  help: 'Attempts to sign in that had to wait because of earlier failures.',
})
