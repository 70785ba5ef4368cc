/** Gauges of one part that are read from its database when somebody looks. */
export interface Figures {
  /** The part and where it lies, for example `outbox of orders`. */
  source: string
  /** Reads and sets them, in one bounded statement. */
  read(): Promise<void>
  /** Drops values that nobody can vouch for: the database is away. */
  forget(): void
}
