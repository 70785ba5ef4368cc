import { timeZone } from '#config/app'
import type { LowStockReader, StaffDirectory } from '#contracts/ports/staff_directory'
import { run } from '#postgres/run'
import { accounts } from './database.ts'

const readers = {
  name: 'low_stock_readers',
  text: /* sql */ `
    select id, email, name, coalesce(time_zone, $1) as zone, low_stock_mail as sends, low_stock_hour as hour
    from accounts
    where low_stock_mail is not null and disabled_at is null and role in ('clerk', 'admin') order by id`,
}

export const staffDirectory: StaffDirectory = {
  async lowStockReaders() {
    type Row = LowStockReader & Record<string, unknown>
    return run<Row>(accounts(), readers, [timeZone])
  },
}
