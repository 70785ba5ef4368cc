/** A staff member who receives low-stock mails. */
export interface LowStockReader {
  /** Account id. */
  id: string
  email: string
  name: string
  /** IANA name of the time zone of `hour`. */
  zone: string
  /** Immediately, or daily at `hour`. */
  sends: 'at_once' | 'daily'
  /** 0 to 23. */
  hour: number
}

/** Staff data that modules can read. */
export interface StaffDirectory {
  /** Staff who may change stock and have chosen low-stock mails. */
  lowStockReaders(): Promise<LowStockReader[]>
}

declare module '@adonisjs/core/types' {
  interface ContainerBindings {
    staffDirectory: StaffDirectory
  }
}
