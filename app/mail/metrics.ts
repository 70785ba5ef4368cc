import { Counter, Gauge } from 'prom-client'

const labelNames = ['module'] as const

export const delivered = new Counter({
  name: 'quartermaster_mail_deliveries_total',
  help: 'Delivery attempts by outcome: sent, retried later, given_up.',
  labelNames: ['module', 'outcome'] as const,
})

export const pendingMails = new Gauge({
  name: 'quartermaster_mail_pending',
  help: 'Pending mails, with those that are held. Counted up to 10,001.',
  labelNames,
})

export const mailsHeld = new Gauge({
  name: 'quartermaster_mail_held',
  help: 'Mails that an operator holds. Counted up to 10,001.',
  labelNames,
})

export const oldestMail = new Gauge({
  name: 'quartermaster_mail_oldest_pending_age_seconds',
  help: 'Age of the oldest pending mail that no hold keeps back, 0 without one.',
  labelNames,
})

export const mailsGivenUp = new Gauge({
  name: 'quartermaster_mail_given_up',
  help: 'Mails given up: refused, never confirmed, or not sent within a day. Counted up to 10,001.',
  labelNames,
})

export const mailsPaused = new Gauge({
  name: 'quartermaster_mail_paused',
  help: '1 while this process sends one mail at a time, because the server refused 20 recipients in a row.',
})

export const connectionLimit = new Gauge({
  name: 'quartermaster_mail_connection_limit',
  help: 'Mails that this process sends at once at most: SMTP_CONNECTIONS, or fewer after the server refused connections.',
})
