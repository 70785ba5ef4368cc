/*
 * Recognizes files that are not CSV by their first bytes.
 */
const MAGIC: [bytes: string, kind: string][] = [
  ['504b0304', 'a ZIP file, or an Excel workbook (.xlsx)'],
  ['504b0506', 'an empty ZIP file'],
  ['1f8b', 'compressed with gzip'],
  ['d0cf11e0', 'an old Excel workbook (.xls)'],
  ['25504446', 'a PDF'],
  ['425a68', 'compressed with bzip2'],
  ['fd377a58', 'compressed with xz'],
  ['28b52ffd', 'compressed with zstd'],
  ['377abcaf', 'a 7z archive'],
  ['89504e47', 'a picture'],
  ['ffd8ff', 'a picture'],
  ['fffe', 'encoded as UTF-16'],
  ['feff', 'encoded as UTF-16'],
]

/** @param start - the first few hundred bytes @returns the reason, or null when it may be CSV */
export function notCsv(start: Buffer): string | null {
  const hex = start.subarray(0, 8).toString('hex')
  const known = MAGIC.find(([bytes]) => hex.startsWith(bytes))
  if (known) return `The file is ${known[1]}. Save it as CSV (UTF-8) and upload that file.`
  // A few NUL bytes are errors of their rows; UTF-16 text has one in every second byte.
  if (start.filter((byte) => byte === 0).length * 10 > start.length) {
    return 'The file is not text: it contains NUL bytes. Save it as CSV (UTF-8) and upload that file.'
  }
  return null
}
