import type { Flow } from './flow.ts'
import type { Load } from './load.ts'
import type { Shop } from './shop.ts'
import type { TestBed } from './test_bed.ts'

/** The running shop that a fault is injected into. */
export interface Scene {
  testBed: TestBed
  shop: Shop
  load: Load
  flow: Flow
  /** Mark the start and the end of the fault; without them it lasts as long as `inject`. */
  begins(): void
  ends(): void
}

export interface Fault {
  /** The row's title; the command selects faults by parts of it. */
  name: string
  /** How the fault is caused. */
  how: string
  /** What is expected in addition to the promises. */
  expected?: string
  /** Part of the short set, which every change must pass. */
  core?: boolean
  /** Orders must flow again while the fault lasts. */
  recoversMeanwhile?: boolean
  /** It has no duration: only the time after it counts. */
  instant?: boolean
  /** Why this machine cannot run it; null if it can. */
  unavailable?(): Promise<string | null>
  /** Runs before the first order. */
  prepare?(testBed: TestBed, shop: Shop): Promise<void>
  /** Whether the order is expected to wait while the fault lasts. */
  explained?(orderId: string): boolean
  /** Causes the fault and ends it. @throws Error if an expectation is not met */
  inject(scene: Scene): Promise<void>
  /** The operator's repair, after the last order. */
  repair?(testBed: TestBed, shop: Shop): Promise<void>
  /** Restores the test bed for the next fault after the shop is closed, whatever the result. */
  cleanUp?(testBed: TestBed): Promise<void>
}

/** One row of the table. Times are seconds. */
export interface Row {
  name: string
  how: string
  expected: string
  accepted: number
  acceptedRate: number
  refused: number
  repeats: number
  lasted: number
  /** From the start until orders flowed again; null: they did not while the fault lasted. */
  healed: number | null
  /** Orders did not flow again in time. Only meaningful on a machine without other load. */
  late: boolean
  /** From the end until orders flowed. */
  recovered: number
  took: number
  findings: string[]
  /** Folder with the output of the processes, if a promise was broken. */
  logs?: string
  /** Why the fault was not run. */
  notRun?: string
}
