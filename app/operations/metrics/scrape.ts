/*
 * /metrics: the counters of this process, and figures from its databases. A scrape reads the figures at most every
 * five seconds, and leaves out those of a database that is unavailable.
 */
import { Gauge, register } from 'prom-client'
import type { Figures } from '#contracts/ports/figures'

const FRESH_MS = 5_000
/** Scrapers usually wait ten seconds. A database that is slower than this counts as unavailable. */
const TIMEOUT_MS = 2_000

const up = new Gauge({
  name: 'quartermaster_figures_up',
  help: '1 while the gauges of this source can be read from its database, 0 while they are left out.',
  labelNames: ['source'] as const,
})

const sources: ReadFigures[] = []

/** Adds figures to every scrape. */
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

  /** Reads the figures, unless they are fresh; never throws. */
  refresh(): Promise<void> {
    if (performance.now() - this.#readAt < FRESH_MS) return Promise.resolve()
    this.#reading ??= this.#read().finally(() => (this.#reading = null))
    return this.#reading
  }

  async #read() {
    const { source } = this.#figures
    try {
      await withTimeout(this.#figures.read())
      up.set({ source }, 1)
    } catch {
      this.#figures.forget()
      up.set({ source }, 0)
    }
    this.#readAt = performance.now()
  }
}

async function withTimeout(reading: Promise<void>) {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it takes too long')), TIMEOUT_MS)
  })
  await Promise.race([reading, late]).finally(() => clearTimeout(timer))
}
