/*
 * A small shop at work, over REST and at its desk: every state of an order, every kind of movement, files
 * and deliveries, and prices in currencies with no, two and three decimals.
 */
import { randomUUID } from 'node:crypto'
import { PlainDesk } from '#tests/support/desk'
import { aceOf, type Answer, type AppProcess } from '#tests/support/processes/app_process'
import { eventually } from '#tests/support/eventually'
import { CUSTOMERS, DELIVERY, PRODUCTS, STOCK_COUNT, WITH_ERRORS } from './shop_data.ts'

export type Role = 'admin' | 'clerk' | 'operator' | 'service' | 'customer'

export interface Person {
  role: Role
  email: string | null
  password: string | null
  /** An access token. */
  token: string
  /** The cookie of a session at the desk. */
  session?: string
}

/** A request under an Idempotency-Key, and the first answer to it. */
export interface Remembered {
  by: string
  method: string
  path: string
  body: object
  key: string
  status: number
  answer: unknown
}

type Line = { sku: string; quantity: number; unitPrice?: object }

const PASSWORD = 'a long password'
const ORDERS = 150

export class DemoShop {
  readonly people: Record<string, Person> = {}
  readonly remembered: Remembered[] = []
  /** The order whose messages the broker refuses. */
  parked: string | null = null
  /** Not yet told to inventory when the shop closed. */
  unpublished: string[] = []
  #rolled = 7
  #asked = 0

  /** @param app - replaced when the shop is started again */
  constructor(public app: AppProcess) {}

  /** What somebody outside knows of the shop. */
  known() {
    const { people, remembered, parked, unpublished } = this
    return { people, remembered, parked, unpublished }
  }

  async hire() {
    for (const role of ['admin', 'clerk', 'operator'] as const) {
      const email = `${role}@shop.example`
      const { token, password } = await this.#create('--role', role, '--email', email)
      this.people[role] = { role, email, password, token }
      const desk = new PlainDesk(null, this.app.url)
      await desk.signIn({ email } as never, password)
      this.people[role].session = desk.session
    }
    for (const name of ['web shop', 'market place']) {
      const { token } = await this.#create('--role', 'service', '--name', name)
      this.people[name] = { role: 'service', email: null, password: null, token }
    }
    for (const { email, name } of CUSTOMERS.slice(0, 4)) {
      await this.#call('', 'POST', 'accounts', { email, name, password: PASSWORD })
      const { body } = await this.#call('', 'POST', 'tokens', { email, password: PASSWORD })
      this.people[email] = { role: 'customer', email, password: PASSWORD, token: body.token }
    }
    const desk = this.#deskOf('admin')
    const invited = { name: 'Ines Vogt', email: 'ines@shop.example', role: 'clerk' }
    await desk.send('/admin/people/invitations', invited, '/admin/people')
  }

  async stockShelves() {
    for (const { sku, onHand, ...product } of PRODUCTS) {
      await this.#call('clerk', 'PUT', `products/${sku}`, product)
      if (onHand > 0) {
        const body = { quantity: onHand, reference: 'PO-2201' }
        await this.#call('clerk', 'POST', `stock/${sku}/restocks`, body)
      }
    }
    const { body } = await this.#call('clerk', 'GET', 'stock/JAR-LARGE')
    const { onHand } = body
    const add = (path: string, more: object) =>
      this.#call('clerk', 'POST', `stock/JAR-LARGE/${path}`, more)
    await add('counts', { counted: onHand + 1, expectedOnHand: onHand })
    await add('adjustments', { delta: -2, reason: 'damaged', note: 'Dropped in aisle 4' })
    const undone = await add('restocks', { quantity: 10 })
    await this.#call('clerk', 'POST', `stock/movements/${undone.body.id}/reversal`, {})
    // Orders takes prices only once it has heard of them.
    await eventually('every product has its price', async () => {
      const lines = [{ sku: PRODUCTS.at(-1)!.sku, quantity: 1 }]
      const order = { ...CUSTOMERS[4], lines }
      const { status } = await this.#ask('web shop', 'POST', 'orders', order)
      return status === 202
    })
  }

  /** Orders of customers and services; most of them end. */
  async trade() {
    const open: string[] = []
    for (let n = 0; n < ORDERS; n++) {
      const customer = CUSTOMERS[n % CUSTOMERS.length]
      const greedy = n % 14 === 3
      const lines = this.#lines().map((line) => (greedy ? { ...line, quantity: 900 } : line))
      const ownAccount = this.people[customer.email] && n % 3 === 0
      const by = ownAccount ? customer.email : n % 2 ? 'web shop' : 'market place'
      open.push(await this.order({ ...customer, lines, reference: `WEB-${48_000 + n}` }, by))
    }
    const priced = [{ sku: 'MUG-RED', quantity: 2, unitPrice: { amount: 999, currency: 'EUR' } }]
    open.push(await this.order({ ...CUSTOMERS[0], lines: priced }))
    await this.#settled()
    for (const [n, id] of open.entries()) {
      const { body } = await this.#call('clerk', 'GET', `orders/${id}`)
      if (body.status !== 'confirmed') continue
      const [{ sku, quantity }] = body.lines
      if (n % 9 === 1) await this.change(id, [{ sku, quantity: quantity + 1 }])
      if (n % 23 === 2) await this.change(id, [{ sku, quantity: 5_000 }])
      if (n % 11 === 4) await this.cancel(id)
      if (n % 3 === 0) await this.#fulfil(id, body.heldRevision)
    }
    await this.#settled()
  }

  /** Files, deliveries and notes. */
  async work() {
    const applied = await this.#upload(STOCK_COUNT, 'count-hall-2.csv')
    await this.#end(applied, 'application', 'applied')
    const undone = await this.#upload('sku,received\nMUG-BLUE,12\n', 'delivery-note-87.csv')
    await this.#end(undone, 'application', 'applied')
    await this.#end(undone, 'reversal', 'reversed')
    await this.#upload(WITH_ERRORS, 'delivery-note-88.csv')
    const clerk = this.#deskOf('clerk')
    for (const code of DELIVERY) await this.#scan(clerk, code)
    const review = await clerk.open('/admin/stock/receive/review')
    const [, id] = /name="id" value="([^"]+)"/.exec(review.text)!
    const [, version] = /name="version" value="([^"]+)"/.exec(review.text)!
    const from = '/admin/stock/receive/review'
    await clerk.send('/admin/stock/receive/application', { id, version }, from)
    for (const code of ['MUG-BLUE', '036000291452', '9999999999994']) await this.#scan(clerk, code)
  }

  /** Asked of a process that does no work: what it says waits for the next one. */
  async askForMore() {
    const { body } = await this.#call('clerk', 'GET', 'orders?status=confirmed&limit=20')
    const [one, two, three] = body.data as { id: string; lines: Line[] }[]
    for (const n of [1, 2, 3]) {
      this.unpublished.push(await this.order({ ...CUSTOMERS[n], lines: this.#lines() }))
    }
    await this.change(one.id, [{ sku: one.lines[0].sku, quantity: 1 }])
    await this.change(two.id, [{ sku: two.lines[0].sku, quantity: 7_000 }])
    await this.cancel(three.id)
    this.unpublished.push(one.id, two.id, three.id)
  }

  async order(order: object, by = 'web shop'): Promise<string> {
    const { body } = await this.#call(by, 'POST', 'orders', { ...CUSTOMERS[4], ...order })
    return body.id
  }

  async change(id: string, lines: Line[]) {
    await this.#call('clerk', 'PATCH', `orders/${id}`, { lines })
  }

  async cancel(id: string) {
    await this.#call('clerk', 'POST', `orders/${id}/cancellation`, { reason: 'Ordered twice' })
  }

  async #fulfil(id: string, revision: number) {
    const parcel = { revision, carrier: 'DHL', trackingNumber: '00340434100000' }
    const { status } = await this.#ask('clerk', 'POST', `orders/${id}/fulfilment`, parcel)
    // What is being changed leaves later.
    if (![200, 202, 409].includes(status)) throw new Error(`Fulfilment: ${status}`)
  }

  async #settled() {
    await eventually('inventory has answered', async () => {
      const { body } = await this.#call('admin', 'GET', 'orders?status=pending&status=updating')
      return body.data.length === 0
    })
  }

  async #upload(file: string, name: string): Promise<string> {
    const form = new FormData()
    form.append('file', new Blob([file], { type: 'text/csv' }), name)
    const answer = await fetch(`${this.app.url}/api/v1/stock/imports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.people.clerk.token}` },
      body: form,
    })
    const { id } = (await answer.json()) as { id: string }
    await this.#becomes(id, 'ready')
    return id
  }

  async #end(id: string, verb: string, status: string) {
    await this.#call('clerk', 'POST', `stock/imports/${id}/${verb}`, {})
    await this.#becomes(id, status)
  }

  async #becomes(id: string, status: string) {
    await eventually(`import ${id} is ${status}`, async () => {
      const { body } = await this.#call('clerk', 'GET', `stock/imports/${id}`)
      return body.status === status
    })
  }

  async #scan(desk: PlainDesk, code: string) {
    const form = '/admin/stock/receive'
    const { status } = await desk.send(`${form}/scans`, { _key: randomUUID(), code }, form)
    if (status >= 400) throw new Error(`Scan of ${code}: ${status}`)
  }

  #deskOf(name: string) {
    const desk = new PlainDesk(null, this.app.url)
    desk.session = this.people[name].session
    return desk
  }

  async #create(...flags: string[]): Promise<{ token: string; password: string }> {
    const command = ['accounts:create', ...flags, '--token', '--json']
    const { stdout, stderr } = await aceOf(this.app, ...command)
    if (!stdout.startsWith('{')) throw new Error(stdout + stderr)
    return JSON.parse(stdout)
  }

  /** @throws Error for any refusal */
  async #call(by: string, method: string, path: string, body?: object) {
    const answer = await this.#ask(by, method, path, body)
    if (answer.status < 300) return answer
    throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${answer.text}`)
  }

  /** Each change under a key of its own; of many like it every third is remembered with its answer. */
  async #ask(by: string, method: string, path: string, body?: object): Promise<Answer> {
    const key = randomUUID()
    const headers: Record<string, string> = {
      ...(method === 'POST' && by && { 'idempotency-key': key }),
      ...(method === 'PATCH' && { 'if-match': '*' }),
    }
    const address = `/api/v1/${path}`
    const token = by ? this.people[by].token : undefined
    const answer = await this.app.request(method, address, { token, body, headers })
    const { status } = answer
    const keyed = headers['idempotency-key'] && status < 300 && !/imports/.test(path)
    if (keyed && this.#asked++ % 3 === 0) {
      this.remembered.push({
        by,
        method,
        path: address,
        body: body!,
        key,
        status,
        answer: answer.body,
      })
    }
    return answer
  }

  #lines(): Line[] {
    const inEuro = PRODUCTS.filter(({ price }) => price.currency === 'EUR')
    const others = PRODUCTS.filter(({ price }) => price.currency !== 'EUR')
    if (this.#roll(5) === 0) return [{ sku: others[this.#roll(others.length)].sku, quantity: 1 }]
    const skus = new Set<string>()
    for (let n = 1 + this.#roll(3); n > 0; n--) skus.add(inEuro[this.#roll(inEuro.length)].sku)
    return [...skus].map((sku) => ({ sku, quantity: 1 + this.#roll(3) }))
  }

  /** The same numbers each time: https://en.wikipedia.org/wiki/Linear_congruential_generator */
  #roll(sides: number) {
    this.#rolled = (this.#rolled * 1_664_525 + 1_013_904_223) % 2 ** 32
    return Math.floor((this.#rolled / 2 ** 32) * sides)
  }
}
