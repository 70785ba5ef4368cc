import type { Role } from './actor.ts'

/** Whoever looks at the page of the day. */
export interface TodayReader {
  role: Role
  /** IANA name: whose midnight the day begins at. */
  zone: string
}

/**
 * What a module has to say on the page of the day. The page asks every module that runs here, and each
 * answers with Edge components of its own: they get what `read` found.
 */
export interface TodayPart {
  /** For the first lines, in a sentence. */
  sentence: string
  /** Figures in a row, each with the link to its list; null for none. */
  figures: string | null
  /** What proves them, below; null for none. */
  section: string | null
  /** Whether the section takes the wide column. */
  wide: boolean
  /** In as many statements however much there is. */
  read(reader: TodayReader): Promise<Record<string, unknown>>
}
