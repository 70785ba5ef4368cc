/*
 * Every setting, validated before anything else starts. A message names the variable, what is wrong
 * with it, and an example.
 */
import { isIP, isIPv4 } from 'node:net'
import { Env } from '@adonisjs/core/env'

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** "30s", "5m", "7d" → milliseconds. */
function duration(fallback: string) {
  return (name: string, value = fallback) => {
    const match = /^(\d+)(ms|s|m|h|d)$/.exec(value)
    if (!match) throw new Error(`${name} is "${value}", but must be a duration such as ${fallback}`)
    return Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS]
  }
}

function atLeastASecond(fallback: string) {
  const read = duration(fallback)
  return (name: string, value?: string) => {
    const milliseconds = read(name, value)
    if (milliseconds >= 1_000) return milliseconds
    throw new Error(`${name} is "${value}", but must be at least 1s, such as ${fallback}`)
  }
}

/** Nothing may be forgotten that a replay of the outbox, or a topic, may still deliver again. */
function inboxRetention(name: string, value?: string) {
  if (!value) return undefined
  const milliseconds = duration('15d')(name, value)
  const outbox = duration('7d')('OUTBOX_RETENTION', process.env.OUTBOX_RETENTION)
  const least = process.env.KAFKA_BROKERS ? outbox + MILLISECONDS.d : outbox
  if (milliseconds >= least) return milliseconds
  throw new Error(
    `${name} is "${value}", but must be at least ${least / MILLISECONDS.h}h: OUTBOX_RETENTION and, with Kafka, what the topics keep and a day more. Without it, it is as long as needed`
  )
}

function integer(fallback: number, { min, max }: { min: number; max: number }) {
  return (name: string, value = String(fallback)) => {
    const number = Number(value)
    if (!Number.isInteger(number) || number < min || number > max) {
      throw new Error(
        `${name} is "${value}", but must be a whole number from ${min} to ${max}, such as ${fallback}`
      )
    }
    return number
  }
}

function optionalInteger(range: { min: number; max: number }) {
  return (name: string, value?: string) =>
    value ? integer(range.min, range)(name, value) : undefined
}

function oneOf<T extends string>(choices: readonly T[], fallback?: T) {
  return (name: string, value: string | undefined = fallback): T => {
    if (!choices.includes(value as T)) {
      throw new Error(
        `${name} is ${value === undefined ? 'missing' : `"${value}"`}, but must be one of ${choices.join(', ')}`
      )
    }
    return value as T
  }
}

function url(protocols: string[], example: string) {
  return (name: string, value?: string) => {
    if (!value) return undefined
    const parsed = URL.canParse(value) ? new URL(value) : null
    if (!parsed || !protocols.includes(parsed.protocol)) {
      throw new Error(`${name} is not a URL of that kind. Example: ${example}`)
    }
    return value
  }
}

const databaseUrl = url(
  ['postgres:', 'postgresql:'],
  'postgres://user:password@127.0.0.1:5432/quartermaster'
)
const httpUrl = url(['http:', 'https:'], 'https://shop.example.com')
const text = (fallback: string) => (_: string, value?: string) => value ?? fallback
const optionalText = (_: string, value?: string) => value || undefined

function appKey(name: string, value?: string) {
  if (!value || value.length < 16) {
    throw new Error(
      `${name} is ${value ? 'too short' : 'missing'}: give it at least 16 random characters, for example from "openssl rand -hex 32"`
    )
  }
  return value
}

function brokers(name: string, value?: string) {
  if (!value) return undefined
  const list = value.split(',').map((broker) => broker.trim())
  const wrong = list.find((broker) => !/^[^\s:]+:\d+$/.test(broker))
  if (wrong !== undefined) {
    throw new Error(`${name} holds "${wrong}". Example: kafka-1:9092,kafka-2:9092`)
  }
  return list
}

const MODULES = ['orders', 'inventory'] as const

/** One alone is heard by the other over Kafka only. */
function parts(name: string, value?: string) {
  const given = value ? [...new Set(entries(value))] : [...MODULES]
  const wrong = given.find((entry) => !MODULES.includes(entry as never))
  if (wrong !== undefined) {
    throw new Error(
      `${name} holds "${wrong}", but must be orders, inventory, or both. Example: orders,inventory`
    )
  }
  if (given.length < MODULES.length && !process.env.KAFKA_BROKERS) {
    throw new Error(
      `${name} is "${value}", but a module that runs alone needs Kafka to reach the other: set KAFKA_BROKERS. Example: KAFKA_BROKERS=kafka-1:9092,kafka-2:9092`
    )
  }
  return given as (typeof MODULES)[number][]
}

function timeZone(fallback: string) {
  return (name: string, value = fallback) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
    } catch {
      throw new Error(`${name} is "${value}", but must be a time zone such as Europe/Berlin`)
    }
  }
}

/** Requests a minute, null for `off`. */
function rateLimit(fallback: number) {
  return (name: string, value?: string) => {
    if (value === 'off') return null
    const number = Number(value || fallback)
    if (!Number.isInteger(number) || number < 1) {
      throw new Error(
        `${name} is "${value}", but must be a whole number of requests a minute, such as ${fallback}, or off`
      )
    }
    return number
  }
}

function entries(value?: string) {
  return value ? value.split(',').map((entry) => entry.trim()) : []
}

/** What browsers send as `Origin`, or `*` for all of them. */
function origins(name: string, value?: string) {
  const given = entries(value)
  const wrong = given.find((entry) => entry !== '*' && !isOrigin(entry))
  if (wrong !== undefined || (given.includes('*') && given.length > 1)) {
    throw new Error(
      `${name} is "${value}", but must be * or origins, without a path or a slash at the end. Example: https://shop.example.com,http://localhost:5173`
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
        `${name} holds "${entry}", but must be IP addresses or networks. Example: 10.0.0.0/8,192.0.2.7,fd00::/8`
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

  MODULES: parts,

  KAFKA_BROKERS: brokers,
  KAFKA_TOPIC_PREFIX: text(''),
  KAFKA_PARTITIONS: integer(6, { min: 1, max: 1_000 }),
  KAFKA_REPLICATION: optionalInteger({ min: 1, max: 10 }),
  KAFKA_SSL: oneOf(['on', 'off'] as const, 'off'),
  KAFKA_SASL_MECHANISM: optionalText,
  KAFKA_SASL_USERNAME: optionalText,
  KAFKA_SASL_PASSWORD: optionalText,
  KAFKA_SESSION_TIMEOUT: duration('6s'),
  TRANSPORT_CHANGE: (name: string, value?: string) =>
    value ? oneOf(['accept'] as const)(name, value) : undefined,

  OUTBOX_RETENTION: atLeastASecond('7d'),
  INBOX_RETENTION: inboxRetention,
  WORK: oneOf(['on', 'off'] as const, 'on'),

  ANSWER_TIMEOUT: atLeastASecond('30s'),
  PLACEMENTS_AT_ONCE: integer(32, { min: 1, max: 10_000 }),

  ORDERS_URL: httpUrl,
  INVENTORY_URL: httpUrl,

  SMTP_URL: url(['smtp:', 'smtps:'], 'smtp://user:password@mail.example.com:587'),
  MAIL_FROM: text('Quartermaster <orders@quartermaster.example>'),
  CUSTOMER_MAILS: oneOf(['on', 'off'] as const, 'on'),
  SIGN_UP: oneOf(['on', 'off'] as const, 'on'),
  TIME_ZONE: timeZone('UTC'),
  TOKEN_DAYS: integer(30, { min: 1, max: 3_650 }),

  METRICS_TOKEN: optionalText,

  RATE_LIMIT: rateLimit(600),
  CORS_ORIGINS: origins,
  TRUSTED_PROXIES: addresses,
})
