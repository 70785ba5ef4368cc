/*
 * All settings, validated before anything else starts. An error names the variable, what is wrong with its
 * value, and a valid example.
 */
import { isIP, isIPv4 } from 'node:net'
import { Env } from '@adonisjs/core/env'
import { addressFaultOf } from '#http/characters'
import { currencies } from '#http/currencies'
import {
  atLeast,
  duration,
  entries,
  integer,
  invalid,
  limit,
  MILLISECONDS,
  oneOf,
  optionalInteger,
  optionalText,
  text,
  url,
} from './setting_types.ts'

/** The inbox must remember a message for as long as a replay or a topic can deliver it again. */
function inboxRetention(name: string, value?: string) {
  if (!value) return undefined
  const milliseconds = duration('15d')(name, value)
  const outbox = duration('7d')('OUTBOX_RETENTION', process.env.OUTBOX_RETENTION)
  const least = process.env.KAFKA_BROKERS ? outbox + MILLISECONDS.d : outbox
  if (milliseconds >= least) return milliseconds
  throw invalid(
    name,
    value,
    `at least ${least / MILLISECONDS.h}h: OUTBOX_RETENTION and, with Kafka, the retention of the topics plus one day. Leave ${name} out to use the shortest safe value`
  )
}

const databaseUrl = url(
  ['postgres:', 'postgresql:'],
  'postgres://user:password@127.0.0.1:5432/quartermaster'
)
const httpUrl = url(['http:', 'https:'], 'https://shop.example.com')
function appKey(name: string, value?: string) {
  if (!value || value.length < 16) {
    throw new Error(
      `${name} is ${value ? 'too short' : 'missing'}, but must have at least 16 random characters. To create one: openssl rand -hex 32`
    )
  }
  return value
}

function brokers(name: string, value?: string) {
  if (!value) return undefined
  const list = value.split(',').map((broker) => broker.trim())
  const wrong = list.find((broker) => !/^[^\s:]+:\d+$/.test(broker))
  if (wrong !== undefined) {
    throw new Error(
      `${name} contains "${wrong}", but must be host:port, separated by commas. Example: kafka-1:9092,kafka-2:9092`
    )
  }
  return list
}

function topicPrefix(name: string, value = '') {
  if (/^[\w.-]{0,200}$/.test(value)) return value
  throw new Error(
    `${name} is "${value}", but Kafka allows only letters, digits, ".", "_" and "-" in the names of topics. Example: shop-1.`
  )
}

const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** Case does not matter, as in kafkajs. A mechanism without credentials could never log in. */
function saslMechanism(name: string, value?: string) {
  if (!value) return undefined
  const mechanism = SASL_MECHANISMS.find((known) => known === value.toLowerCase())
  if (!mechanism) throw invalid(name, value, `one of ${SASL_MECHANISMS.join(', ')}`)
  for (const credential of ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']) {
    if (!process.env[credential]) {
      throw new Error(`${name} is "${value}", but ${credential} is missing. Set both credentials`)
    }
  }
  return mechanism
}

/** A mail server refuses mails without a sender address. */
function sender(fallback: string) {
  return (name: string, value?: string) => {
    const from = value || fallback
    const address = /[^\s<>@]+@[^\s<>@]+/.exec(from)?.[0]
    const fault = address && addressFaultOf(address)
    if (fault) throw new Error(`${name} ${fault.detail}. Type the address instead of pasting it`)
    if (address) return from
    throw new Error(
      `${name} is "${from}", but must contain an e-mail address. Example: ${fallback}`
    )
  }
}

/** By default a password is sent only over verified TLS, and smtps:// always means TLS. */
function smtpTls(name: string, value?: string) {
  const address = process.env.SMTP_URL ?? ''
  const { protocol, password } = URL.canParse(address) ? new URL(address) : {}
  const tlsFromTheFirstByte = protocol === 'smtps:'
  const fallback = password || tlsFromTheFirstByte ? 'required' : 'opportunistic'
  const tls = oneOf(['required', 'opportunistic', 'off'] as const, fallback)(
    name,
    value || undefined
  )
  if (tls === 'off' && tlsFromTheFirstByte) {
    throw new Error(
      `${name} is "off", but SMTP_URL begins with smtps://, which always uses TLS. Remove ${name}, or use smtp:// in SMTP_URL`
    )
  }
  return tls
}

const MODULES = ['orders', 'inventory'] as const

/** A module that runs alone reaches the other one only over Kafka. */
function modules(name: string, value?: string) {
  const given = value ? [...new Set(entries(value))] : [...MODULES]
  const wrong = given.find((entry) => !MODULES.includes(entry as never))
  if (wrong !== undefined) {
    throw new Error(
      `${name} contains "${wrong}", but must be orders, inventory, or both. Example: orders,inventory`
    )
  }
  if (given.length < MODULES.length && !process.env.KAFKA_BROKERS) {
    throw new Error(
      `${name} is "${value}", but a module that runs alone needs Kafka to reach the other one. Set KAFKA_BROKERS. Example: KAFKA_BROKERS=kafka-1:9092,kafka-2:9092`
    )
  }
  return given as (typeof MODULES)[number][]
}

function currency(name: string, value?: string) {
  if (!value || currencies.has(value)) return value || undefined
  throw invalid(name, value, 'an active ISO 4217 currency code, such as EUR')
}

function timeZone(fallback: string) {
  return (name: string, value = fallback) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
    } catch {
      throw invalid(name, value, 'a time zone such as Europe/Berlin')
    }
  }
}

/** Values of the `Origin` header, or `*` for all. */
function origins(name: string, value?: string) {
  const given = entries(value)
  const wrong = given.find((entry) => entry !== '*' && !isOrigin(entry))
  if (wrong !== undefined || (given.includes('*') && given.length > 1)) {
    throw invalid(
      name,
      value,
      '* or a list of origins without a path or a trailing slash. Example: https://shop.example.com,http://localhost:5173'
    )
  }
  return given
}

function isOrigin(entry: string) {
  return /^https?:/.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry
}

/** IP addresses, and networks as `address/bits`. */
function addresses(name: string, value?: string) {
  return entries(value).map((entry) => {
    const [, address, bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
    const most = address && isIPv4(address) ? 32 : 128
    if (!address || !isIP(address) || Number(bits ?? most) > most) {
      throw new Error(
        `${name} contains "${entry}", but must be a list of IP addresses and networks. Example: 10.0.0.0/8,192.0.2.7,fd00::/8`
      )
    }
    return { address, bits: Number(bits ?? most) }
  })
}

export default await Env.create(new URL('../', import.meta.url), {
  NODE_ENV: oneOf(['development', 'production', 'test'] as const, 'development'),
  HOST: text('127.0.0.1'),
  PORT: integer(3333, { min: 0, max: 65_535 }),
  PUBLIC_URL: httpUrl,
  APP_KEY: appKey,
  DATA_DIR: text('.data'),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const, 'info'),

  DATABASE_URL: databaseUrl,
  ORDERS_DATABASE_URL: databaseUrl,
  INVENTORY_DATABASE_URL: databaseUrl,
  ACCOUNTS_DATABASE_URL: databaseUrl,
  ORDERS_DIRECT_URL: databaseUrl,
  INVENTORY_DIRECT_URL: databaseUrl,

  MODULES: modules,

  KAFKA_BROKERS: brokers,
  KAFKA_TOPIC_PREFIX: topicPrefix,
  KAFKA_PARTITIONS: integer(6, { min: 1, max: 1_000 }),
  KAFKA_REPLICATION: optionalInteger({ min: 1, max: 10 }),
  KAFKA_COMPRESSION: oneOf(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const, 'none'),
  KAFKA_SSL: oneOf(['on', 'off'] as const, 'off'),
  KAFKA_SASL_MECHANISM: saslMechanism,
  KAFKA_SASL_USERNAME: optionalText,
  KAFKA_SASL_PASSWORD: optionalText,
  KAFKA_SESSION_TIMEOUT: atLeast('1s', '6s'),
  TRANSPORT_CHANGE: (name: string, value?: string) =>
    value ? oneOf(['accept'] as const)(name, value) : undefined,

  OUTBOX_RETENTION: atLeast('1s', '7d'),
  INBOX_RETENTION: inboxRetention,
  WORK: oneOf(['on', 'off'] as const, 'on'),

  ANSWER_TIMEOUT: atLeast('1s', '30s'),
  IMPORT_RETENTION: atLeast('1d', '365d'),
  PLACEMENTS_AT_ONCE: integer(32, { min: 1, max: 10_000 }),
  CUSTOMER_LINE_PIECES: limit(1_000, 'pieces'),
  CUSTOMER_OPEN_ORDERS: limit(20, 'orders'),
  CUSTOMER_HELD_PIECES: limit(2_000, 'pieces'),

  ORDERS_URL: httpUrl,
  INVENTORY_URL: httpUrl,

  SMTP_URL: url(['smtp:', 'smtps:'], 'smtp://user:password@mail.example.com:587'),
  SMTP_TLS: smtpTls,
  SMTP_CONNECTIONS: integer(20, { min: 1, max: 100 }),
  SMTP_MAILS_PER_CONNECTION: integer(100, { min: 1, max: 10_000 }),
  SMTP_MAILS_PER_SECOND: optionalInteger({ min: 1, max: 10_000 }),
  MAIL_FROM: sender('Quartermaster <orders@quartermaster.example>'),
  SHOP_CURRENCY: currency,
  CUSTOMER_MAILS: oneOf(['on', 'off'] as const, 'on'),
  SIGN_UP: oneOf(['on', 'off'] as const, 'on'),
  TIME_ZONE: timeZone('UTC'),
  TOKEN_DAYS: integer(30, { min: 1, max: 3_650 }),

  METRICS_TOKEN: optionalText,

  RATE_LIMIT: limit(600, 'requests a minute'),
  CORS_ORIGINS: origins,
  TRUSTED_PROXIES: addresses,
})
