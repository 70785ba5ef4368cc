/*
 * A client that sends the head of a request and only part of its body, on a connection of its own.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface SlowRequest {
  method?: string
  path: string
  /** An undefined one is left out. */
  headers?: Record<string, string | undefined>
  /** The part of the body that is sent; the head announces 1,000 bytes. */
  body: string
}

export class SlowClient {
  readonly #socket: Socket
  #received = ''
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<unknown>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.closed = once(socket, 'close')
    socket.setEncoding('utf8').on('data', (text: string) => (this.#received += text))
    socket.on('error', () => {})
  }

  /** Connects, and sends the head and the part of the body. */
  static async send({ method = 'POST', path, headers = {}, body }: SlowRequest) {
    const socket = connect(Number(process.env.PORT), process.env.HOST)
    await once(socket, 'connect')
    const client = new SlowClient(socket)
    const head = {
      'host': 'shop',
      'content-type': 'application/json',
      'content-length': '1000',
      ...headers,
    }
    const lines = Object.entries(head)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}`)
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
    return client
  }

  /** Sends more of the body. */
  write(text: string) {
    this.#socket.write(text)
  }

  /** The response, when the server has sent it and closed the connection. */
  async response() {
    await this.closed
    const [head, ...body] = this.#received.split('\r\n\r\n')
    const problem = /\{.*\}/s.exec(body.join('\r\n\r\n'))
    return {
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
      head: head.toLowerCase(),
      code: problem ? (JSON.parse(problem[0]).code as string) : null,
    }
  }

  /** Resolves when the operating system has everything that was written. */
  async sent() {
    await new Promise<void>((done) => this.#socket.write('', () => done()))
  }

  get waits() {
    return this.#received === ''
  }

  close() {
    this.#socket.destroy()
  }
}
