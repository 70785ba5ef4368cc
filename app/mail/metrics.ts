/*
 * What the mail sender counts as it works, and what its lists say when somebody looks.
 */
import { Counter, Gauge } from 'prom-client'

const labelNames = ['module'] as const

export const delivered = new Counter({
  name: 'quartermaster_mail_deliveries_total',
  help: 'Tries to send a mail by their outcome: sent, retried later, given_up.',
  labelNames: ['module', 'outcome'] as const,
})

export const pendingMails = new Gauge({
  name: 'quartermaster_mail_pending',
  help: 'Mails that wait to be sent. Counted up to 10,001.',
  labelNames,
})

export const oldestMail = new Gauge({
  name: 'quartermaster_mail_oldest_pending_age_seconds',
  help: 'Age of the oldest mail that waits to be sent, 0 when there is none.',
  labelNames,
})

export const mailsGivenUp = new Gauge({
  name: 'quartermaster_mail_given_up',
  help: 'Mails that could not be sent within a day and are given up. Counted up to 10,001.',
  labelNames,
})
