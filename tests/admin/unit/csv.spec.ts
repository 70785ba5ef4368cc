import { test } from '@japa/runner'
import { parse } from 'csv-parse/sync'
import { csvLine } from '#admin/csv'

test.group('A line of CSV', () => {
  test('keeps numbers, and leaves missing values empty', ({ assert }) => {
    assert.equal(csvLine([1, -3, null, undefined, '', 'MUG']), '1,-3,,,,MUG\r\n')
  })

  test('quotes characters that end a cell or line', ({ assert }) => {
    const cells = ['a,b', 'a;b', 'say "hi"', 'two\nlines', 'two\r\nlines', 'tab\there', ' blank ']
    assert.deepEqual(parse(csvLine(cells)), [cells])
  })

  test('never lets a spreadsheet run text as a formula', ({ assert }) => {
    for (const text of ['=1+1', "'=1+1", '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
      assert.deepEqual(parse(csvLine([text])), [[`'${text}`]])
    }
    assert.equal(csvLine(['1=1']), '1=1\r\n')
  })
})
