import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Ending {
  /** Graceful; awaited. */
  end(): Promise<unknown>
  /** Synchronous, for a process that is exiting. */
  endNow(): void
}

/**
 * Resources to release: in reverse order after the run, and on Ctrl-C. A second Ctrl-C, and any other exit, releases
 * them without waiting.
 */
export class Endings {
  #all: Ending[] = []
  #running: Promise<void> | null = null

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (this.#running) process.exit(130)
        void this.run().finally(() => process.exit(130))
      })
    }
    process.on('exit', () => {
      for (const { endNow } of this.#all.reverse()) endNow()
    })
  }

  get begun() {
    return this.#running !== null
  }

  add(ending: Ending) {
    this.#all.push(ending)
  }

  /** A new data directory, removed after everything that is added later is released. */
  newDataDirectory(): string {
    const path = mkdtempSync(join(tmpdir(), 'quartermaster-bench-'))
    this.addFolder(path)
    // PostgreSQL, which does not run as root, needs access.
    chmodSync(path, 0o711)
    return path
  }

  /** Removes a folder, after everything that was added later is released. */
  addFolder(path: string) {
    const endNow = () => rmSync(path, { recursive: true, force: true, maxRetries: 5 })
    this.add({ end: async () => endNow(), endNow })
  }

  /** Releases everything, between two scenarios. */
  async release() {
    await this.#run()
  }

  async run() {
    this.#running ??= this.#run()
    await this.#running
  }

  async #run() {
    for (let ending = this.#all.at(-1); ending; ending = this.#all.at(-1)) {
      await ending.end().catch((error) => console.error(`While cleaning up: ${error.message}`))
      this.#all.pop()
    }
  }
}
