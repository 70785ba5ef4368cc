/*
 * The uploaded file, which is kept with its import: the download of problems has the rows as the file has them.
 */
import db from '@adonisjs/lucid/services/db'
import { run } from '#postgres/run'

/** Empty for a receipt, an unreadable file, and a file that 0.1.0 has read. */
export async function* storedFile(id: string, onRead: (bytes: number) => void = () => {}) {
  for (let part = 0; ; part++) {
    const [row] = await run<{ bytes: Buffer }>(db.connection('inventory'), findPart, [id, part])
    if (!row) return
    onRead(row.bytes.length)
    yield row.bytes
  }
}

const findPart = {
  name: 'import_part_read',
  text: 'select bytes from stock_import_parts where import_id = $1 and part = $2',
}

export async function deleteFile(id: string) {
  await db.connection('inventory').from('stock_import_parts').where('import_id', id).delete()
}
