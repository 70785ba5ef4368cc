import { Client, type ClientConfig } from 'pg'

/**
 * Opens a connection outside the pool, whose statements may take as long as they need; whoever opens it ends
 * it. When it is lost, its next statement fails.
 *
 * @throws what keeps it from being opened
 */
export async function openConnection(direct: ClientConfig): Promise<Client> {
  const client = new Client(direct)
  // Lost between two statements with nobody listening, it would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}
