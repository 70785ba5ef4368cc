/*
 * The HTTP server of the app, which accepts connections quickly however busy it is.
 *
 * Node accepts one connection of a listening socket in each turn of its event loop (libuv 1.45 and later). A turn of a
 * busy process takes 5 to 10 ms, so callers who open connections wait for seconds before the process sees them, and are
 * accepted or rejected long after they have given up. With sixteen sockets for one port it accepts sixteen each turn:
 * 500 connections of a process whose turns take 5 ms were accepted in 0.4 s instead of 3.2 s.
 */
import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createTcp, type AddressInfo } from 'node:net'

/** Only Linux distributes connections among sockets of one port. */
const MORE_SOCKETS = process.platform === 'linux' ? 15 : 0

/**
 * How many connections wait to be accepted, for each socket; the system may allow fewer (`net.core.somaxconn`). The
 * callers of those beyond try again after 1, 3 and 7 seconds.
 */
const BACKLOG = 4_096

export function createHttpServer(handler: RequestListener): Server {
  const server = createHttp(handler)
  const more = Array.from({ length: MORE_SOCKETS }, () => {
    return createTcp({ noDelay: true, allowHalfOpen: true }, (socket) =>
      server.emit('connection', socket)
    )
  })
  const listen = server.listen.bind(server)
  const close = server.close.bind(server)
  const fail = (error: Error) => server.emit('error', error)

  // AdonisJS calls `listen(port, host)` and waits for `listening` or `error`.
  server.listen = ((port: number, host: string) => {
    if (more.length === 0) return listen(port, host, BACKLOG)
    // With `reusePort` a port that another process listens on is no error, so it is tried without it first.
    const alone = createTcp().once('error', fail)
    alone.listen(port, host, () => {
      alone.close(() => listen({ port, host, backlog: BACKLOG, reusePort: true }))
    })
    server.once('listening', () => {
      const { port: actual } = server.address() as AddressInfo
      for (const each of more) {
        each.once('error', fail).listen({ port: actual, host, backlog: BACKLOG, reusePort: true })
      }
    })
    return server
  }) as Server['listen']
  // A socket ends when its own connections have ended; the server is closed when all have.
  server.close = (done) => {
    const others = more.map((each) => new Promise((resolve) => each.close(resolve)))
    return close((error) => void Promise.all(others).then(() => done?.(error)))
  }
  return server
}
