/** A part of the process that reports its problems to the health endpoints. */
export interface HealthSource {
  /** Problems that an operator should know of, a sentence each; empty when there are none. */
  warnings(): string[]
  /** Problems that only a restart of the process fixes; empty when there are none. */
  fatal?(): string[]
}
