/*
 * Numbers, money and times on the admin pages, without the commas and dots that German and English read
 * differently.
 */
import { DateTime } from 'luxon'
import { majorUnits, symbolOf } from '#http/currencies'

const NARROW_SPACE = '\u202F'
const MINUS = '\u2212'

/** "128 400" with narrow spaces from four digits on; negative numbers have a true minus, "−3". */
export function number(value: number): string {
  const digits = String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE)
  return value < 0 ? MINUS + digits : digits
}

/** Always with a sign: "+40", "−3", "0". */
export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value)
}

/** Counts in lists are exact up to 10,000. @param value - counted up to 10,001 */
export function count(value: number): string {
  return value > 10_000 ? `${number(10_000)}+` : number(value)
}

/** "1 mug", "2 mugs". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`
}

/** A duration given in seconds: "0.4 s", "38 s", "12 min", "3 h 5 min", "2 d 4 h". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.floor(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${number(Math.floor(hours / 24))} d ${hours % 24} h`
}

/** Converts minor units to "€ 7.90". */
export function money({ amount, currency }: { amount: number; currency: string }): string {
  const [whole, decimals] = majorUnits({ amount: Math.abs(amount), currency }).split('.')
  const sign = amount < 0 ? MINUS : ''
  const shown = `${sign}${number(Number(whole))}${decimals ? `.${decimals}` : ''}`
  return `${symbolOf(currency)}${NARROW_SPACE}${shown}`
}

export interface ShownTime {
  /** Value of the `datetime` attribute. */
  iso: string
  /** The clock time for today, otherwise with the date. */
  text: string
  /** To the millisecond, in the zone of the account. */
  title: string
}

/** @param zone - IANA name, of the account */
export function time(at: Date | string, zone: string, now = new Date()): ShownTime {
  const moment = DateTime.fromJSDate(new Date(at), { zone })
  const today = DateTime.fromJSDate(now, { zone })
  const sameYear = moment.year === today.year
  return {
    iso: moment.toUTC().toISO()!,
    text: moment.hasSame(today, 'day')
      ? moment.toFormat('HH:mm')
      : moment.toFormat(sameYear ? 'd LLL HH:mm' : 'd LLL yyyy'),
    title: `${moment.toFormat('yyyy-LL-dd HH:mm:ss.SSS')} ${zone}`,
  }
}

/** "Today, 22 November", "Saturday, 21 November", with the year unless it is this year. */
export function day(at: Date | string, zone: string, now = new Date()): string {
  const moment = DateTime.fromJSDate(new Date(at), { zone })
  const today = DateTime.fromJSDate(now, { zone })
  const date = moment.toFormat(moment.year === today.year ? 'd LLLL' : 'd LLLL yyyy')
  return moment.hasSame(today, 'day') ? `Today, ${date}` : `${moment.toFormat('cccc')}, ${date}`
}

/** "+38 ms", "+1.4 s", "+12 min". */
export function since(from: Date, to: Date): string {
  const ms = Math.max(0, to.getTime() - from.getTime()) || 0
  if (ms < 1_000) return `+${ms} ms`
  if (ms < 60_000) return `+${(ms / 1_000).toFixed(1)} s`
  return ms < 3_600_000 ? `+${Math.round(ms / 60_000)} min` : `+${Math.round(ms / 3_600_000)} h`
}
