/*
 * A TCP proxy that can cut, block and slow the connections to a server.
 */
import { once } from 'node:events'
import { createServer, Socket, type AddressInfo, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

type State =
  | { is: 'up' }
  | { is: 'cut' }
  /** Connections are accepted and stay open, but nothing passes. */
  | { is: 'hanging'; restored: Promise<void> }
  /** Each chunk of up to 64 KB is delayed by `delayMs` and the time it takes at this bandwidth. */
  | { is: 'slow'; delayMs: number; bytesPerSecond: number }

/** What one connection has said so far. */
export interface Conversation {
  /** The first bytes that the client sent. */
  opening: string
  /** How often the client asked: what it sends before the server sends anything counts once. */
  exchanges: number
}

export class TcpProxy {
  /** One for each connection, also those that have ended. */
  readonly conversations: Conversation[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #state: State = { is: 'up' }
  #resume = () => {}
  /** Number of accepted connections. */
  connections = 0
  /** The server's port; 0 refuses connections. */
  target = 0

  private constructor(private readonly host: string) {
    this.#server = createServer((near) => void this.#connect(near))
  }

  static async open(target = 0, host = '127.0.0.1'): Promise<TcpProxy> {
    const proxy = new TcpProxy(host)
    proxy.target = target
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** The proxy's own port on 127.0.0.1. */
  get port() {
    return (this.#server.address() as AddressInfo).port
  }

  /** Resets every connection, and each new one at once. */
  cut() {
    this.#become({ is: 'cut' })
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  hang() {
    const restored = new Promise<void>((resolve) => (this.#resume = resolve))
    this.#state = { is: 'hanging', restored }
  }

  slow(delayMs: number, bytesPerSecond: number) {
    this.#become({ is: 'slow', delayMs, bytesPerSecond })
  }

  restore() {
    this.#become({ is: 'up' })
  }

  close() {
    this.cut()
    this.#server.close()
  }

  #become(state: State) {
    this.#state = state
    this.#resume()
  }

  async #connect(near: Socket) {
    this.connections++
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
    if (this.#state.is === 'cut' || this.target === 0) return near.resetAndDestroy()
    far.connect(this.target, this.host)
    this.#listenTo(near, far)
    void this.#forward(near, far)
    void this.#forward(far, near)
  }

  #listenTo(near: Socket, far: Socket) {
    const conversation = { opening: '', exchanges: 0 }
    this.conversations.push(conversation)
    let asking = false
    near.once('data', (chunk) => (conversation.opening = chunk.toString('latin1')))
    near.on('data', () => {
      if (!asking) conversation.exchanges++
      asking = true
    })
    far.on('data', () => (asking = false))
  }

  async #forward(from: Socket, to: Socket) {
    try {
      for await (const chunk of from) {
        await this.#pass(chunk.length)
        if (!to.write(chunk)) await once(to, 'drain')
      }
      to.end()
    } catch {
      to.destroy()
    }
  }

  async #pass(bytes: number) {
    if (this.#state.is === 'hanging') await this.#state.restored
    if (this.#state.is === 'slow') {
      const { delayMs, bytesPerSecond } = this.#state
      await sleep(delayMs + (bytes / bytesPerSecond) * 1_000)
    }
  }
}
