/*
 * A mail server that keeps what it gets, and may lose its answer on the way (RFC 5321, as much as a
 * client without TLS and log-in needs).
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

export interface ReceivedMail {
  messageId: string
  to: string
  text: string
}

export class SmtpSink {
  readonly received: ReceivedMail[] = []
  readonly #server: Server
  readonly #open = new Set<Socket>()

  private constructor(answers: (mail: ReceivedMail, received: ReceivedMail[]) => boolean) {
    this.#server = createServer((socket) => {
      this.#open.add(socket)
      socket.on('error', () => {}).on('close', () => this.#open.delete(socket))
      this.#converse(socket, answers)
    })
  }

  /** One that takes connections, and never says a word. */
  static async listenSilently(port: number) {
    const sink = new SmtpSink(() => true)
    sink.#server.removeAllListeners('connection')
    sink.#server.on('connection', (socket) => sink.#open.add(socket))
    sink.#server.listen(port, '127.0.0.1')
    await once(sink.#server, 'listening')
    return sink
  }

  get connections() {
    return this.#open.size
  }

  /**
   * @param answers - whether the sender learns that the mail has arrived; else the connection breaks
   */
  static async listen(
    port: number,
    answers: (mail: ReceivedMail, received: ReceivedMail[]) => boolean = () => true
  ) {
    const sink = new SmtpSink(answers)
    sink.#server.listen(port, '127.0.0.1')
    await once(sink.#server, 'listening')
    return sink
  }

  async close() {
    for (const socket of this.#open) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #converse(socket: Socket, answers: (mail: ReceivedMail, received: ReceivedMail[]) => boolean) {
    let unread = ''
    let to = ''
    let inData = false
    socket.setEncoding('utf8').write('220 sink\r\n')
    socket.on('data', (chunk) => {
      unread += chunk
      for (;;) {
        const end = unread.indexOf(inData ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const piece = unread.slice(0, end)
        unread = unread.slice(end + (inData ? 5 : 2))
        if (!inData) {
          if (/^RCPT TO:/i.test(piece)) to = /<(.*)>/.exec(piece)![1]
          inData = /^DATA/i.test(piece)
          socket.write(
            /^QUIT/i.test(piece) ? '221 bye\r\n' : inData ? '354 go on\r\n' : '250 ok\r\n'
          )
          continue
        }
        inData = false
        const messageId = /^Message-ID: (.*)$/im.exec(piece)?.[1].trim() ?? ''
        const mail = { messageId, to, text: piece }
        const answered = answers(mail, this.received)
        this.received.push(mail)
        if (!answered) return socket.destroy()
        socket.write('250 kept\r\n')
      }
    })
  }
}
