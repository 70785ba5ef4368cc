/*
 * A line of TCP with troubles: between the app and a Kafka node, or PostgreSQL.
 */
import { once } from 'node:events'
import { createServer, Socket, type AddressInfo, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

type State =
  | { is: 'well' }
  | { is: 'cut' }
  /** Connections stay open and are taken, and nothing passes. */
  | { is: 'hanging'; mended: Promise<void> }
  /** Each piece of up to 64 KB waits `delayMs`, and takes as long as so many bytes a second take. */
  | { is: 'slow'; delayMs: number; bytesPerSecond: number }

export class Line {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #state: State = { is: 'well' }
  #mend = () => {}
  /** The port on 127.0.0.1 where it leads; nowhere while it is 0. */
  to = 0

  private constructor() {
    this.#server = createServer((near) => void this.#connect(near))
  }

  static async open(to = 0): Promise<Line> {
    const line = new Line()
    line.to = to
    line.#server.listen(0, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  /** Where it begins, on 127.0.0.1. */
  get port() {
    return (this.#server.address() as AddressInfo).port
  }

  /** Every connection is reset, and each new one at once. */
  cut() {
    this.#become({ is: 'cut' })
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  hang() {
    const mended = new Promise<void>((resolve) => (this.#mend = resolve))
    this.#state = { is: 'hanging', mended }
  }

  slow(delayMs: number, bytesPerSecond: number) {
    this.#become({ is: 'slow', delayMs, bytesPerSecond })
  }

  mend() {
    this.#become({ is: 'well' })
  }

  close() {
    this.cut()
    this.#server.close()
  }

  #become(state: State) {
    this.#state = state
    this.#mend()
  }

  async #connect(near: Socket) {
    const far = new Socket()
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#sockets.delete(socket)
        const other = socket === near ? far : near
        other.destroy()
      })
    }
    if (this.#state.is === 'cut' || this.to === 0) return near.resetAndDestroy()
    far.connect(this.to, '127.0.0.1')
    void this.#carry(near, far)
    void this.#carry(far, near)
  }

  async #carry(from: Socket, to: Socket) {
    try {
      for await (const piece of from) {
        await this.#pass(piece.length)
        if (!to.write(piece)) await once(to, 'drain')
      }
      to.end()
    } catch {
      to.destroy()
    }
  }

  async #pass(bytes: number) {
    if (this.#state.is === 'hanging') await this.#state.mended
    if (this.#state.is === 'slow') {
      const { delayMs, bytesPerSecond } = this.#state
      await sleep(delayMs + (bytes / bytesPerSecond) * 1_000)
    }
  }
}
