import { directConnection, type ModuleName } from '#config/database'
import { TcpProxy } from './tcp_proxy.ts'

/** A proxy in front of the database of the tests, and the module's `directConnection` through it. */
export async function proxyDatabase(module: ModuleName) {
  const direct = directConnection(module)
  const url = new URL(direct.connectionString)
  const proxy = await TcpProxy.open(Number(url.port), url.hostname)
  url.host = `127.0.0.1:${proxy.port}`
  return { proxy, connection: { ...direct, connectionString: url.href } }
}
