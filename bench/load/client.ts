import { Agent, request } from 'node:http'

export interface HttpAnswer {
  status: number
  body: string
}

/** A client of one HTTP service. It keeps its connections alive. */
export class Client {
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 10_000, maxFreeSockets: 10_000 })
  /** Number of connections opened: the maximum number of concurrent requests. */
  connections = 0

  /** @param headers - of every request */
  constructor(url: string, headers: Record<string, string>) {
    this.#url = url
    this.#headers = headers
    const connect = this.#agent.createConnection.bind(this.#agent)
    this.#agent.createConnection = (...args) => {
      this.connections++
      return connect(...args)
    }
  }

  /**
   * @param content - JSON
   * @throws Error without a response
   */
  send(
    method: string,
    path: string,
    content?: string,
    headers: Record<string, string> = {}
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#url}${path}`, {
        method,
        agent: this.#agent,
        headers: {
          ...this.#headers,
          ...headers,
          ...(content && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(content),
          }),
        },
      })
      asked.on('error', reject)
      asked.on('response', (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode!, body: text }))
        answer.on('error', reject)
      })
      asked.end(content)
    })
  }
}
