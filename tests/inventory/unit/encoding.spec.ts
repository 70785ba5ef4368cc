import { test } from '@japa/runner'
import { EncodingDetector } from '#inventory/imports/file/encoding'

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part])))
  )

test.group('The encoding of a file', () => {
  const files: [what: string, file: Buffer, encoding: string][] = [
    ['ASCII', bytes('sku,counted'), 'utf-8'],
    ['UTF-8 of two, three and four bytes', bytes('für 5 € 🍵'), 'utf-8'],
    ['one ü that is not UTF-8 in ASCII', bytes('f', 0xfc, 'r'), 'windows-1252'],
    ['one bad byte beside one ü', bytes('für ', 0xff), 'utf-8'],
    ['two bad bytes beside one ü', bytes('für ', 0xff, 0xff), 'windows-1252'],
    ['a byte order mark and bad bytes', bytes('\uFEFFa', 0xfc, 0xdf), 'utf-8'],
    ['Windows-1252', Buffer.from('Größe für Tee', 'latin1'), 'windows-1252'],
    ['the start of a character at the end', bytes('f', 0xc3), 'windows-1252'],
    ['an overlong slash', bytes(0xc0, 0xaf), 'windows-1252'],
    ['half a surrogate pair', bytes(0xed, 0xa0, 0x80), 'windows-1252'],
  ]
  for (const [what, file, encoding] of files) {
    test(`of ${what} is ${encoding}, however it is cut`, ({ assert }) => {
      for (const size of [1, 2, 3, 1_000]) {
        const detector = new EncodingDetector()
        for (let at = 0; at < file.length; at += size) detector.add(file.subarray(at, at + size))
        assert.equal(detector.detected(), encoding)
      }
    })
  }
})
