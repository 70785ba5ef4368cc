import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { directConnection, type ModuleName } from '#config/database'

/** A proxy in front of a module's database that can freeze: nothing passes, and no connection ends. */
export class DatabaseProxy {
  readonly #server = createServer({ pauseOnConnect: true }, (socket) => this.#connected(socket))
  readonly #sockets = new Set<Socket>()
  readonly #module: ModuleName
  /** Accepted connections. */
  connections = 0
  /** Ends new connections at once. */
  closed = false
  #frozen = false

  private constructor(module: ModuleName) {
    this.#module = module
  }

  static async open(module: ModuleName) {
    const proxy = new DatabaseProxy(module)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** `directConnection` of the module, through the proxy. */
  get connection() {
    const direct = directConnection(this.#module)
    const url = new URL(direct.connectionString)
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return { ...direct, connectionString: url.href }
  }

  freeze() {
    this.#frozen = true
    for (const socket of this.#sockets) socket.pause()
  }

  thaw() {
    this.#frozen = false
    for (const socket of this.#sockets) socket.resume()
  }

  end() {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #connected(here: Socket) {
    this.connections++
    if (this.closed) return here.destroy()
    const { hostname, port } = new URL(directConnection(this.#module).connectionString)
    const there = connect(Number(port), hostname)
    for (const [from, to] of [
      [here, there],
      [there, here],
    ]) {
      this.#sockets.add(from)
      from.on('data', (bytes) => to.write(bytes)).on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      if (this.#frozen) from.pause()
      else from.resume()
    }
  }
}
