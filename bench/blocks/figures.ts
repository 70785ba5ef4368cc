import type { Distribution } from '../report.ts'

/** What one block has measured of the app. */
export interface Figures {
  acceptedPerSecond: number
  /** Orders that became final per second, from the first request to the last of them. */
  settledPerSecond: number
  /** From the intended time of the request to the end of its response; of accepted orders. */
  httpMs: Distribution
  /** From the intended time of the request to the commit of the confirmation or rejection. */
  settledMs: Distribution
  /** Of each process, per accepted order, until all are final. */
  cpuMicroseconds: Record<string, number | null>
  /** Of the load generator while it sent: cores. */
  loadCores: number | null
  latenessMs: Distribution
  residentMb: number | null
  deadlocks: number
  /** Error → number of occurrences. */
  errors: Record<string, number>
  /** Shares of all cores, 0 to 1, used by other processes and stolen by the host. */
  disturbance: { others: number; stolen: number }
}
