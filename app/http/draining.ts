/*
 * The end of an HTTP server: no connection keeps a process that stops. Node's own `close` ends those that
 * are idle when it is called. One that becomes idle later would stay for the whole keep-alive timeout, and
 * one that has never asked anything (browsers open such) for a minute.
 */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const LOOK_MS = 50

/**
 * Watches the connections of a server.
 *
 * @returns to be called right before the server's `close`: from then on a connection ends with the
 *   answer that is under way on it
 */
export function watchConnections(server: Server): () => void {
  const silent = new Set<Socket>()
  const underWay = new Set<ServerResponse>()
  let draining = false
  server.on('connection', (socket) => {
    if (draining) return socket.destroy()
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    silent.delete(socket)
    underWay.add(response)
    response.once('close', () => underWay.delete(response))
    if (draining) response.shouldKeepAlive = false
  })
  return () => {
    draining = true
    for (const socket of silent) socket.destroy()
    // Says so to the client, who else might send its next request just when we close.
    for (const response of underWay) response.shouldKeepAlive = false
    // Of those that have begun to answer already.
    setInterval(() => server.closeIdleConnections(), LOOK_MS).unref()
  }
}
