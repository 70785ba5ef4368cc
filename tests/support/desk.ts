/*
 * A back-office session without a browser, for requests that no page sends.
 */
import type { Person } from '#tests/support/shop'

const ours = `http://${process.env.HOST}:${process.env.PORT}`

export interface Answer {
  status: number
  /** The target of a redirect; null for a page. */
  location: string | null
  contentType: string
  /** Without a byte order mark. */
  text: string
  bytes: Buffer
}

/** Keeps cookies and does not follow redirects. */
export class PlainDesk {
  readonly #cookies = new Map<string, string>()

  /**
   * @param address - the client's address for X-Forwarded-For; null without a proxy
   * @param base - URL of another server than the run's own
   */
  constructor(
    readonly address: string | null = '192.0.2.1',
    readonly base = ours
  ) {}

  /** The cookie of the session. */
  get session() {
    return this.#cookies.get('quartermaster-session')
  }

  set session(value: string | undefined) {
    this.#cookies.set('quartermaster-session', value!)
  }

  async open(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#ask(path, { headers })
  }

  /** Submits a form of the page `from`. */
  async send(path: string, fields: Record<string, string> = {}, from = '/admin/account') {
    const { text } = await this.open(from)
    const csrf = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
    return this.sendAsItIs(path, { _csrf: csrf, ...fields }, from)
  }

  /** @param headers - such as Origin and Sec-Fetch-Site */
  async sendAsItIs(
    path: string,
    fields: Record<string, string>,
    from = '/admin/account',
    headers: Record<string, string> = { origin: this.base }
  ) {
    const body = new URLSearchParams(fields)
    const referer = this.base + from
    return this.#ask(path, { method: 'POST', body, headers: { referer, ...headers } })
  }

  async signIn({ email }: Person, password = 'a long password', more: Record<string, string> = {}) {
    return this.send('/admin/login', { email: email!, password, ...more }, '/admin/login')
  }

  async #ask(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(this.base + path, {
      ...init,
      redirect: 'manual',
      headers: {
        ...init.headers,
        cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; '),
        ...(this.address && { 'x-forwarded-for': this.address }),
      },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
      this.#cookies.set(name, value)
    }
    const location = response.headers.get('location')
    const contentType = response.headers.get('content-type') ?? ''
    const bytes = Buffer.from(await response.arrayBuffer())
    const text = new TextDecoder().decode(bytes)
    return { status: response.status, location, contentType, text, bytes }
  }
}

/** A session that is signed in. */
export async function plainDeskOf(person: Person): Promise<PlainDesk> {
  const desk = new PlainDesk()
  await desk.signIn(person)
  return desk
}
