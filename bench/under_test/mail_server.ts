/*
 * A mail server in its own process that accepts every mail, and answers each command after a fixed delay, like a server
 * that is far away.
 *
 * Run as a program it prints its port, and a line of JSON (`MailsReceived`) for each line that it reads.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Endings } from './endings.ts'

export interface MailsReceived {
  mails: number
  /** Different Message-IDs. */
  different: number
  /** When the first and the last mail was complete, in milliseconds since 1970. */
  first: number
  last: number
  /** Connections since the start, and the most that were open at once. */
  connections: number
  connectionsAtOnce: number
  /** CPU time of the server in milliseconds. */
  cpu: number
}

/**
 * @param delay - milliseconds before each reply
 * @returns its address for `SMTP_URL`
 */
export async function startMailServer(delay: number, endings: Endings) {
  const file = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, ['--import=@poppinss/ts-exec', file, String(delay)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  endings.add({
    end: async () => child.kill('SIGKILL'),
    endNow: () => child.kill('SIGKILL'),
  })
  const lines = createInterface({ input: child.stdout })
  const [port] = await once(lines, 'line')
  return {
    url: `smtp://127.0.0.1:${port}`,
    pid: child.pid!,
    async received(): Promise<MailsReceived> {
      child.stdin.write('\n')
      const [line] = await once(lines, 'line')
      return JSON.parse(line)
    },
  }
}

const seen = new Set<string>()
const counted = { mails: 0, first: 0, last: 0, connections: 0, connectionsAtOnce: 0 }
let open = 0

function serve(delay: number) {
  const server = createServer((socket) => {
    counted.connections++
    counted.connectionsAtOnce = Math.max(counted.connectionsAtOnce, ++open)
    socket.on('error', () => {}).on('close', () => open--)
    converse(socket, delay)
  })
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
  createInterface({ input: process.stdin }).on('line', () => {
    const cpu = process.cpuUsage()
    const received = { ...counted, different: seen.size, cpu: (cpu.user + cpu.system) / 1_000 }
    console.log(JSON.stringify(received))
  })
}

function converse(socket: Socket, delay: number) {
  let unread = ''
  let inData = false
  const reply = (line: string) => setTimeout(() => socket.write(`${line}\r\n`), delay)
  reply('220 bench')
  socket.setEncoding('latin1').on('data', (chunk) => {
    unread += chunk
    for (;;) {
      const end = unread.indexOf(inData ? '\r\n.\r\n' : '\r\n')
      if (end < 0) return
      const piece = unread.slice(0, end)
      unread = unread.slice(end + (inData ? 5 : 2))
      if (inData) count(piece)
      const command = inData ? '' : piece.slice(0, 4).toUpperCase()
      inData = command === 'DATA'
      reply(inData ? '354 go on' : command === 'QUIT' ? '221 bye' : '250 ok')
    }
  })
}

function count(mail: string) {
  seen.add(/^Message-ID: (.*)$/im.exec(mail)?.[1] ?? '')
  counted.mails++
  counted.first ||= Date.now()
  counted.last = Date.now()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(Number(process.argv[2]))
