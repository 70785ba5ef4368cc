/** Somebody of the staff who wants to be told by mail what runs low. */
export interface LowStockReader {
  /** Of the account. */
  id: string
  email: string
  name: string
  /** IANA name: whose hour it is. */
  zone: string
  /** At once, or each day at the hour. */
  sends: 'at_once' | 'daily'
  /** 0 to 23. */
  hour: number
}

/** What a module may know of the people of the staff. */
export interface StaffDirectory {
  /** Those who may change stock and have asked for it, now. */
  lowStockReaders(): Promise<LowStockReader[]>
}

declare module '@adonisjs/core/types' {
  interface ContainerBindings {
    staffDirectory: StaffDirectory
  }
}
