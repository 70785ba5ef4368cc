import type { Options } from 'nodemailer/lib/smtp-transport/index.js'

/**
 * - `required`: TLS with a verified certificate. Without it, neither password nor mail is sent.
 * - `opportunistic`: STARTTLS if the server offers it. The certificate is not verified, because an attacker who
 *   could forge it could also hide the offer.
 * - `off`: no STARTTLS.
 */
export type SmtpTls = 'required' | 'opportunistic' | 'off'

const STARTTLS: Record<SmtpTls, Options> = {
  required: { requireTLS: true },
  opportunistic: { opportunisticTLS: true, tls: { rejectUnauthorized: false } },
  off: { ignoreTLS: true },
}

/** @param address - `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte */
export function smtpOptions(address: string, tls: SmtpTls): Options {
  const { hostname, port, username, password, protocol } = new URL(address)
  const secure = protocol === 'smtps:'
  return {
    host: hostname,
    port: Number(port || (secure ? 465 : 587)),
    secure,
    ...(!secure && STARTTLS[tls]),
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    // A server may scan a message for a while before it confirms it.
    socketTimeout: 60_000,
    ...(username && {
      auth: {
        type: 'login' as const,
        user: decodeURIComponent(username),
        pass: decodeURIComponent(password),
      },
    }),
  }
}
