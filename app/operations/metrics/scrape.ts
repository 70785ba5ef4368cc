/*
 * /metrics: what the process has counted, and what its databases say. Those are asked when somebody
 * looks, at most once in five seconds, and one that is away hides nothing else.
 */
import { Gauge, register } from 'prom-client'
import type { Figures } from '#contracts/ports/figures'

const FRESH_MS = 5_000
/** A scraper waits ten seconds as a rule; a database that is slower than this is as good as away. */
const PATIENCE_MS = 2_000

const up = new Gauge({
  name: 'quartermaster_figures_up',
  help: '1 while the gauges of this source can be read from its database, 0 while they are left out.',
  labelNames: ['source'] as const,
})

const sources: ReadFigures[] = []

/** From now on these are part of every scrape. */
export function scraped(figures: Figures): ReadFigures {
  const read = new ReadFigures(figures)
  sources.push(read)
  return read
}

/** In the text format of Prometheus. */
export async function scrape(): Promise<string> {
  await Promise.all(sources.map((source) => source.refresh()))
  return register.metrics()
}

export class ReadFigures {
  readonly #figures: Figures
  #readAt = -Infinity
  #reading: Promise<void> | null = null

  constructor(figures: Figures) {
    this.#figures = figures
  }

  /** Reads them unless that was done just now; never throws. */
  refresh(): Promise<void> {
    if (performance.now() - this.#readAt < FRESH_MS) return Promise.resolve()
    this.#reading ??= this.#read().finally(() => (this.#reading = null))
    return this.#reading
  }

  async #read() {
    const { source } = this.#figures
    try {
      await inTime(this.#figures.read())
      up.set({ source }, 1)
    } catch {
      this.#figures.forget()
      up.set({ source }, 0)
    }
    this.#readAt = performance.now()
  }
}

async function inTime(reading: Promise<void>) {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it takes too long')), PATIENCE_MS)
  })
  await Promise.race([reading, late]).finally(() => clearTimeout(timer))
}
