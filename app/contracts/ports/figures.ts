/** Gauges that are read from a database for each scrape. */
export interface Figures {
  /** The source, for example `outbox of orders`. */
  source: string
  /** Reads and sets the gauges, with one bounded statement. */
  read(): Promise<void>
  /** Removes the values while the database is unavailable. */
  forget(): void
}
