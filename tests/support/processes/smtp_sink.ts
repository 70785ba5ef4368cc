/*
 * A mail server that keeps what it gets and replies as a test scripts it (RFC 5321, as much as a
 * client needs).
 */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { TLSSocket, type TLSSocketOptions } from 'node:tls'

export interface ReceivedMail {
  messageId: string
  to: string
  text: string
}

/** `message` is the reply to the whole message; the others are commands. */
export type SmtpStep =
  'greeting' | 'EHLO' | 'HELO' | 'STARTTLS' | 'AUTH' | 'MAIL FROM' | 'RCPT TO' | 'DATA' | 'message'

/**
 * @returns the reply, '' for none, null to break the connection off, undefined for the usual reply; or one of them
 * later, for the greeting and the whole message
 */
export type SmtpScript = (
  step: SmtpStep,
  argument: string,
  encrypted: boolean
) => Reply | Promise<Reply>

type Reply = string | null | undefined

const USUAL: Record<SmtpStep, string> = {
  'greeting': '220 sink',
  'EHLO': '250 sink',
  'HELO': '250 sink',
  'STARTTLS': '502 not here',
  'AUTH': '235 welcome',
  'MAIL FROM': '250 ok',
  'RCPT TO': '250 ok',
  'DATA': '354 go on',
  'message': '250 kept',
}

const COMMANDS: [SmtpStep, RegExp][] = [
  ['EHLO', /^EHLO (.*)$/i],
  ['HELO', /^HELO (.*)$/i],
  ['STARTTLS', /^(STARTTLS)$/i],
  ['AUTH', /^AUTH (.*)$/i],
  ['MAIL FROM', /^MAIL FROM:<(.*)>.*$/i],
  ['RCPT TO', /^RCPT TO:<(.*)>.*$/i],
  ['DATA', /^(DATA)$/i],
]

export class SmtpSink {
  /** Whole messages, also those that were not confirmed. */
  readonly received: ReceivedMail[] = []
  /** Command lines received without TLS, in order. */
  readonly commands: string[] = []
  /** The same over TLS. */
  readonly encrypted: string[] = []
  script: SmtpScript
  readonly #server: Server
  readonly #tls: TLSSocketOptions | null
  readonly #open = new Set<Socket>()

  private constructor(script: SmtpScript, tls: TLSSocketOptions | null = null) {
    this.script = script
    this.#tls = tls
    this.#server = createServer((socket) => {
      this.#open.add(socket)
      socket.on('error', () => {}).on('close', () => this.#open.delete(socket))
      this.#converse(socket)
    })
  }

  /** A server that accepts connections and never replies. */
  static async listenSilently(port: number) {
    const sink = new SmtpSink(() => undefined)
    sink.#server.removeAllListeners('connection')
    sink.#server.on('connection', (socket) => sink.#open.add(socket))
    return sink.#listen(port)
  }

  /**
   * @param answers - whether the mail is confirmed; otherwise the connection breaks
   */
  static async listen(
    port: number,
    answers: (mail: ReceivedMail, received: ReceivedMail[]) => boolean = () => true
  ) {
    const sink: SmtpSink = new SmtpSink((step) => {
      if (step !== 'message') return undefined
      const [mail, ...before] = sink.received.toReversed()
      return answers(mail, before) ? undefined : null
    })
    return sink.#listen(port)
  }

  /** @param tls - key and certificate for STARTTLS; without them the server offers none */
  static async scripted(script: SmtpScript, tls: TLSSocketOptions | null = null) {
    return new SmtpSink(script, tls).#listen(0)
  }

  /** A server with TLS from the first byte. */
  static async overTls(tls: TLSSocketOptions) {
    const sink = new SmtpSink(() => undefined, tls)
    sink.#server.removeAllListeners('connection')
    sink.#server.on('connection', (socket) => {
      sink.#open.add(socket)
      socket.on('error', () => {}).on('close', () => sink.#open.delete(socket))
      sink.#secure(socket, true)
    })
    return sink.#listen(0)
  }

  get connections() {
    return this.#open.size
  }

  get port() {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends the open connections. */
  breakOff() {
    for (const socket of this.#open) socket.destroy()
  }

  async close() {
    this.breakOff()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #listen(port: number) {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  #converse(socket: Socket, { greets = true, encrypted = false } = {}) {
    let unread = ''
    let to = ''
    let inData = false
    const reply = (step: SmtpStep, argument = ''): string | null => {
      const usual = step === 'STARTTLS' && this.#tls ? '220 go ahead' : USUAL[step]
      const write = (scripted: Reply) => {
        const line = scripted === undefined ? usual : scripted
        if (line === null) socket.destroy()
        else if (line !== '') socket.write(`${line}\r\n`)
        return line
      }
      const scripted = this.script(step, argument, encrypted)
      if (!(scripted instanceof Promise)) return write(scripted)
      void scripted.then(write)
      return ''
    }
    socket.setEncoding('utf8')
    if (greets) reply('greeting')
    socket.on('data', (chunk) => {
      unread += chunk
      for (;;) {
        const end = unread.indexOf(inData ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const piece = unread.slice(0, end)
        unread = unread.slice(end + (inData ? 5 : 2))
        if (inData) {
          inData = false
          const messageId = /^Message-ID: (.*)$/im.exec(piece)?.[1].trim() ?? ''
          this.received.push({ messageId, to, text: piece })
          if (reply('message') === null) return
          continue
        }
        const lines = encrypted ? this.encrypted : this.commands
        lines.push(piece)
        const [step, form] = COMMANDS.find(([, known]) => known.test(piece)) ?? []
        if (!step || !form) {
          socket.write(/^QUIT/i.test(piece) ? '221 bye\r\n' : '250 ok\r\n')
          continue
        }
        const argument = form.exec(piece)![1]
        if (step === 'RCPT TO') to = argument
        const line = reply(step, argument)
        if (line === null) return
        inData = step === 'DATA' && line.startsWith('354')
        if (step === 'STARTTLS' && line.startsWith('220')) return this.#secure(socket, false)
      }
    })
  }

  #secure(socket: Socket, greets: boolean) {
    socket.removeAllListeners('data')
    const secure = new TLSSocket(socket, { isServer: true, ...this.#tls })
    secure.on('error', () => {})
    this.#converse(secure, { greets, encrypted: true })
  }
}
