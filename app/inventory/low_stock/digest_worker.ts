import type { StaffDirectory } from '#contracts/ports/staff_directory'
import { PollingWorker } from '#runtime/polling_worker'
import { gatherDigests } from './gather_digests.ts'

/** Gathers low-stock digests. Every web process runs one: a digest that is gathered is not due again. */
export class DigestWorker extends PollingWorker {
  readonly #staff: StaffDirectory

  constructor(staff: StaffDirectory) {
    super({ name: 'low-stock mails', interval: 15_000 })
    this.#staff = staff
  }

  protected async poll() {
    await gatherDigests(await this.#staff.lowStockReaders())
  }
}
