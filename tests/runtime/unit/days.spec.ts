import { test } from '@japa/runner'
import { timesOfDays } from '#http/list_parameters'
import { dayIn, lastDays, today } from '#runtime/days'

/** How a day starts, and its hours. */
const days: [what: string, zone: string, date: string, start: string, hours: number][] = [
  ['has 24 hours', 'UTC', '2027-09-05', '2027-09-05T00:00:00Z', 24],
  ['starts at 01:00 where midnight is skipped', 'America/Santiago', '2027-09-05', '2027-09-05T04:00:00Z', 23], // prettier-ignore
  ['starts at midnight again on the next day', 'America/Santiago', '2027-09-06', '2027-09-06T03:00:00Z', 24], // prettier-ignore
  ['ends an hour late where 23:00 comes twice', 'America/Santiago', '2027-04-03', '2027-04-03T03:00:00Z', 25], // prettier-ignore
  ['starts at 01:00 in Cairo too', 'Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00Z', 23],
  ['starts at 01:00 in Beirut too', 'Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00Z', 23],
  ['starts at the first of two midnights', 'America/Havana', '2026-11-01', '2026-11-01T04:00:00Z', 25], // prettier-ignore
  ['has 23 hours in spring', 'Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z', 23],
  ['has 25 hours in autumn', 'Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', 25],
  ['has half an hour less on Lord Howe', 'Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00Z', 23.5], // prettier-ignore
  ['has half an hour more on Lord Howe', 'Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00Z', 24.5], // prettier-ignore
  ['starts at 00:30 where that is the first time', 'America/Toronto', '1919-03-31', '1919-03-31T04:30:00Z', 23.5], // prettier-ignore
  ['keeps a quarter of an hour', 'Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00Z', 24],
  ['has no time where the zone skipped it', 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', 0], // prettier-ignore
]

test.group('A day in a time zone', () => {
  for (const [what, zone, date, start, hours] of days) {
    test(`${what}: ${zone}, ${date}`, ({ assert }) => {
      const day = dayIn(zone, date)
      assert.equal(day.date, date)
      assert.equal(day.start.toISOString(), new Date(start).toISOString())
      assert.equal((day.end.getTime() - day.start.getTime()) / 3_600_000, hours)
    })
  }

  test('starts where the day before ends, on every day of a year in zones with unusual clocks', ({
    assert,
  }) => {
    const now = new Date('2027-12-31T12:00:00Z')
    for (const zone of [
      'America/Santiago',
      'Africa/Cairo',
      'America/Havana',
      'America/Nuuk',
      'Asia/Gaza',
      'Africa/Casablanca',
      'Australia/Lord_Howe',
    ]) {
      // prettier-ignore
      const all = lastDays(zone, 400, now)
      for (const [index, day] of all.entries()) {
        if (index > 0) assert.deepEqual(day.start, all[index - 1].end, `${zone} ${day.date}`)
        const first = today(zone, day.start)
        const last = today(zone, new Date(day.end.getTime() - 1))
        assert.deepEqual([first.date, last.date], [day.date, day.date], zone)
      }
    }
  })

  test('limits a filter: what happens after midnight belongs to the next day only', ({
    assert,
  }) => {
    const at = new Date('2027-09-06T00:00:30-03:00')
    const isIn = (date: string) => {
      const { from, before } = timesOfDays(date, date, 'America/Santiago')
      return at >= from! && at < before!
    }
    assert.deepEqual(['2027-09-05', '2027-09-06', '2027-09-07'].map(isIn), [false, true, false])
  })
})
