/*
 * Connection draining: no connection delays the end of a process. Node's own `close` ends only connections that
 * are idle at that moment. A connection that becomes idle later would stay open for the keep-alive timeout, and
 * one without any request, as browsers open them, for a minute.
 */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const POLL_MS = 50

/**
 * Watches the connections of a server.
 *
 * @returns a function to call right before the server's `close`. From then on a connection ends with the response
 *   in progress.
 */
export function watchConnections(server: Server): () => void {
  const silent = new Set<Socket>()
  const inProgress = new Set<ServerResponse>()
  let draining = false
  server.on('connection', (socket) => {
    if (draining) return socket.destroy()
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    silent.delete(socket)
    inProgress.add(response)
    response.once('close', () => inProgress.delete(response))
    if (draining) response.shouldKeepAlive = false
  })
  return () => {
    draining = true
    for (const socket of silent) socket.destroy()
    // Sends "Connection: close", or the client might send its next request just when we close.
    for (const response of inProgress) response.shouldKeepAlive = false
    // For responses whose headers are already sent.
    setInterval(() => server.closeIdleConnections(), POLL_MS).unref()
  }
}
