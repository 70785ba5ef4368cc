import { test } from '@japa/runner'
import { count, day, duration, money, number, plural, signed, since, time } from '#admin/format'

/** Narrow no-break spaces as plain ones. */
const plain = (text: string) => text.replaceAll('\u202F', ' ')

test.group('Numbers on pages', () => {
  test('are grouped from four digits on, with a true minus', ({ assert }) => {
    assert.deepEqual([0, 999, 1_000, 1_284_000, -3].map(number).map(plain), [
      ...['0', '999', '1 000', '1 284 000', '\u22123'],
    ])
    assert.deepEqual([40, 0, -3].map(signed), ['+40', '0', '\u22123'])
  })

  test('are exact up to 10,000 in counts, and use the right plural', ({ assert }) => {
    assert.deepEqual([10_000, 10_001].map(count).map(plain), ['10 000', '10 000+'])
    assert.deepEqual([plural(1, 'mug'), plural(2, 'mug')], ['1 mug', '2 mugs'])
    assert.equal(plural(0, 'entry', 'entries'), '0 entries')
  })

  test('of money have the decimals of the currency', ({ assert }) => {
    assert.equal(plain(money({ amount: 790, currency: 'EUR' })), '€ 7.90')
    assert.equal(plain(money({ amount: -128_400, currency: 'EUR' })), '€ \u22121 284.00')
    assert.equal(plain(money({ amount: 1_000, currency: 'JPY' })), '¥ 1 000')
  })
})

test.group('Times on pages', () => {
  const now = new Date('2026-11-22T12:00:00Z')

  test('are a clock time today, a date before, and a year in another year', ({ assert }) => {
    const shown = (at: string) => time(at, 'Europe/Berlin', now).text
    assert.equal(shown('2026-11-22T08:05:00Z'), '09:05')
    assert.equal(shown('2026-11-21T22:59:00Z'), '21 Nov 23:59')
    assert.equal(shown('2026-11-21T23:00:00Z'), '00:00', 'today where the account is')
    assert.equal(shown('2025-12-31T12:00:00Z'), '31 Dec 2025')
  })

  test('have their exact moment and zone in the title', ({ assert }) => {
    const { iso, title } = time('2026-11-22T08:05:00.250Z', 'Asia/Tokyo', now)
    assert.equal(iso, '2026-11-22T08:05:00.250Z')
    assert.equal(title, '2026-11-22 17:05:00.250 Asia/Tokyo')
  })

  test('of a day name today, and the weekday of any other', ({ assert }) => {
    assert.equal(day('2026-11-22T10:00:00Z', 'UTC', now), 'Today, 22 November')
    assert.equal(day('2026-11-21T10:00:00Z', 'UTC', now), 'Saturday, 21 November')
    assert.equal(day('2025-11-21T10:00:00Z', 'UTC', now), 'Friday, 21 November 2025')
  })

  test('as durations are shown in their two largest units', ({ assert }) => {
    assert.deepEqual([0.44, 9.99, 10, 59, 60, 3_599, 11_100, 187_200].map(duration), [
      ...['0.4 s', '10.0 s', '10 s', '59 s', '1 min', '59 min', '3 h 5 min', '2 d 4 h'],
    ])
  })

  test('between two steps are never negative', ({ assert }) => {
    const after = (ms: number) => since(now, new Date(now.getTime() + ms))
    assert.deepEqual([-5, 38, 1_400, 720_000, 7_200_000].map(after), [
      ...['+0 ms', '+38 ms', '+1.4 s', '+12 min', '+2 h'],
    ])
  })
})
