import type { Flow } from './flow.ts'
import type { Load } from './load.ts'
import type { Shop } from './shop.ts'
import type { Stage } from './test_bed.ts'

/** What a fault works on, while orders come in. */
export interface Scene {
  stage: Stage
  shop: Shop
  load: Load
  flow: Flow
  /** Says that the fault begins now, or has ended; without them it lasts as long as `strike`. */
  begins(): void
  ends(): void
}

export interface Fault {
  /** A sentence without its end: the row's head, and what the command takes as its name. */
  name: string
  /** How it is done. */
  how: string
  /** What is expected besides what is promised. */
  expected?: string
  /** Part of the short set that every change must pass. */
  core?: boolean
  /** Orders must flow again while it lasts. */
  healsMeanwhile?: boolean
  /** It lasts for no time: only what comes after it counts. */
  instant?: boolean
  /** Why it cannot be done here; null where it can. */
  missing?(): Promise<string | null>
  /** Before orders come in. */
  prepare?(stage: Stage, shop: Shop): Promise<void>
  /** Orders that wait for a reason, as long as the fault lasts. */
  explained?(orderId: string): boolean
  /** Causes the fault and repairs it. @throws Error if an expectation is not met */
  strike(scene: Scene): Promise<void>
  /** What an operator has to do afterwards, when no more orders come in. */
  repair?(stage: Stage, shop: Shop): Promise<void>
  /** What must not stay for the next fault, however this one ended, when the shop is gone. */
  cleanUp?(stage: Stage): Promise<void>
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
  /** From its beginning until orders flowed while it lasted; null: not as long as it lasted. */
  healed: number | null
  /** It did not heal although it must: for a machine with nothing else to do. */
  late: boolean
  /** From its end until orders flowed. */
  recovered: number
  took: number
  findings: string[]
  /** Where lies what the processes of a shop have printed in which it was not as promised. */
  logs?: string
  /** Why it was not run. */
  notRun?: string
}
