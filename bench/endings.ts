import { rmSync } from 'node:fs'

interface Ending {
  /** In good order; awaited. */
  end(): Promise<unknown>
  /** Without waiting: the last act of a process that is exiting. */
  endNow(): void
}

/**
 * What was started and must not stay: ended in reverse order when the run is over, and on Ctrl-C. A
 * second Ctrl-C, and any other exit, ends all of it without waiting.
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

  /** Removes a folder last of all that were added after it. */
  addFolder(path: string) {
    const endNow = () => rmSync(path, { recursive: true, force: true, maxRetries: 5 })
    this.add({ end: async () => endNow(), endNow })
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
