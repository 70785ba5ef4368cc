import type { Role } from '../actor.ts'

/** The person who opens the Today page. */
export interface TodayReader {
  role: Role
  /** IANA time zone in which the day begins. */
  zone: string
}

/**
 * A module's contribution to the Today page: Edge components, which get the result of `read`. The page asks every
 * module of this process.
 */
export interface TodayPart {
  /** Component with a sentence for the first lines. */
  sentence: string
  /** Component with figures in a row, each linked to its list; null for none. */
  figures: string | null
  /** Component with details below; null for none. */
  section: string | null
  /** Whether the section is in the wide column. */
  wide: boolean
  /** Reads the data with a fixed number of statements. */
  read(reader: TodayReader): Promise<Record<string, unknown>>
}
