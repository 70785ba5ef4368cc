/*
 * A believable shop: the demo's twelve products, a month of trade with a busy week at its end, some two
 * hundred orders in all states, counts, corrections and imports. Everything happens through the API of a
 * running app, and is then moved to where it belongs in time.
 */
import pg from 'pg'
import { ace, type AppProcess } from '#tests/support/processes/app_process'
import { eventually } from '#tests/support/eventually'
import { CUSTOMERS, ONE_IMPORT, ONE_WITH_ERRORS } from './people_and_files.ts'
import { moveToThePast, type Chapter } from './past.ts'

export type StaffRole = 'clerk' | 'operator' | 'admin'

export interface Staff {
  email: string
  password: string
  token: string
}

export interface BusyWeek {
  staff: Record<StaffRole, Staff>
  /** One order of each state: its id. */
  orders: Record<string, string>
  /** The id of an order that needs a person. */
  attention: string
  imports: { applied: string; withErrors: string }
}

const NAMES = { clerk: 'Carla Meister', operator: 'Olu Adeyemi', admin: 'Maren Vogel' }
const ZONE = 'Europe/Berlin'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** @param url - of the app's database, for a superuser */
export async function busyWeek(app: AppProcess, url: string): Promise<BusyWeek> {
  const staff = await hire(app)
  const story = new Story(app, staff)
  for (const moment of openingHours(Date.now())) await story.chapter(moment)
  await story.endWithChange()
  await story.endWithImports()
  await moveToThePast(url, story.chapters)
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(`update accounts.accounts set time_zone = $1`, [ZONE])
    await client.query(POSED)
    await client.query(IN_TROUBLE)
    const { rows } = await client.query(
      'select distinct on (status) status, id from orders.orders where not attention order by status, id desc'
    )
    const flagged = await client.query('select id from orders.orders where attention')
    const orders = Object.fromEntries(rows.map(({ status, id }) => [status, id]))
    // Only now: with the times, the ids have moved.
    const found = await client.query('select status, id from inventory.stock_imports')
    const imported = (status: string) => found.rows.find((one) => one.status === status).id
    const imports = { applied: imported('applied'), withErrors: imported('ready') }
    return { staff, imports, orders, attention: flagged.rows[0].id }
  } finally {
    await client.end()
  }
}

async function hire({ env }: AppProcess): Promise<Record<StaffRole, Staff>> {
  const hired = Object.entries(NAMES).map(async ([role, name]) => {
    const email = `${name.split(' ')[0].toLowerCase()}@quartermaster.example`
    const asked = [`--role=${role}`, `--email=${email}`, `--name=${name}`, '--token', '--json']
    const { stdout, stderr } = await ace(env, 'accounts:create', ...asked)
    if (!stdout.startsWith('{')) throw new Error(stdout + stderr)
    return [role, JSON.parse(stdout)]
  })
  return Object.fromEntries(await Promise.all(hired))
}

/** Once a day for three weeks, then some times a day, up to now. */
function openingHours(now: number): Date[] {
  const noon = now - (now % DAY) + 11 * HOUR
  const quiet = Array.from({ length: 22 }, (_, day) => noon - (31 - day) * DAY)
  const busy = Array.from(
    { length: 8 * 8 },
    (_, n) => noon - 8 * DAY + n * 3 * HOUR + ((n * 37) % 60) * MINUTE
  )
  const today = [40, 22, 9, 3].map((minutes) => now - minutes * MINUTE)
  return [...quiet, ...busy, ...today]
    .sort((a, b) => a - b)
    .map((moment) => new Date(moment))
    .filter((moment) => now - moment.getTime() < HOUR || isOpen(moment))
    .filter((moment) => moment.getTime() < now)
}

function isOpen(moment: Date) {
  const hour = new Intl.DateTimeFormat('en', { timeZone: ZONE, hour: 'numeric', hour12: false })
  return Number(hour.format(moment)) >= 7
}

/** The same numbers each time, so that pictures can be compared: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function dice(seed: number) {
  let state = seed
  return (sides: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return Math.floor((state / 2 ** 32) * sides)
  }
}

interface Open {
  id: string
  at: Date
}

class Story {
  readonly chapters: Chapter[] = []
  readonly #app: AppProcess
  readonly #staff: Record<StaffRole, Staff>
  readonly #roll = dice(7)
  #skus: string[] = []
  #open: Open[] = []

  constructor(app: AppProcess, staff: Record<StaffRole, Staff>) {
    this.#app = app
    this.#staff = staff
  }

  async chapter(meant: Date) {
    this.chapters.push({ began: new Date(), meant })
    const age = Date.now() - meant.getTime()
    if (this.#skus.length === 0) await this.#openShop()
    if (age > 12 * HOUR) await this.#fillShelves(age)
    await this.#lookAtShelves()
    await this.#packOrders(meant)
    const placed = age > 8 * DAY ? 2 : 2 + this.#roll(4)
    for (let n = 0; n < placed; n++) await this.#order(meant)
    await this.#settled()
    if (this.#roll(3) === 0 || age < HOUR) await this.#changeOne()
    if (this.#roll(4) === 0) await this.#cancelOne()
    await this.#settled()
    // Chapters are told apart by their milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }

  /** Whatever is left on the shelves, one change of the last hour is granted. */
  async endWithChange() {
    const { body } = await this.#act('orders', {
      ...CUSTOMERS[0],
      lines: [{ sku: 'PLATE-WHITE', quantity: 1 }],
    })
    await this.#settled()
    this.#open.push({ id: body.id, at: new Date() })
    await this.#changeOne([{ sku: 'PLATE-WHITE', quantity: 2 }])
    await this.#settled()
  }

  /** One that is applied, and one that waits with errors in it. */
  async endWithImports() {
    const send = async (file: string, name: string) => {
      const form = new FormData()
      form.append('file', new Blob([file], { type: 'text/csv' }), name)
      const answer = await fetch(`${this.#app.url}/api/v1/stock/imports`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#staff.clerk.token}` },
        body: form,
      })
      const { id } = (await answer.json()) as { id: string }
      await this.#until(`/api/v1/stock/imports/${id}`, ({ status }) => status === 'ready')
      return id
    }
    const applied = await send(ONE_IMPORT, 'count-hall-2.csv')
    await this.#act(`stock/imports/${applied}/application`, {})
    await this.#until(`/api/v1/stock/imports/${applied}`, ({ status }) => status === 'applied')
    await send(ONE_WITH_ERRORS, 'delivery-note-88.csv')
  }

  /** Of what the demo has in plenty there is less here. */
  async #openShop() {
    const { body } = await this.#get('/api/v1/stock?limit=50')
    for (const { sku, onHand } of body.data) {
      this.#skus.push(sku)
      const counted = onHand === 0 ? 20 : Math.ceil(onHand / 3)
      await this.#act(`stock/${sku}/counts`, { counted, expectedOnHand: onHand })
    }
  }

  /** Some were forgotten in the last days. */
  async #fillShelves(age: number) {
    const { body } = await this.#get('/api/v1/stock?limit=50')
    for (const { sku, available } of body.data) {
      const forgotten = age < 4 * DAY && ['TEAPOT-CLAY', 'JAR-LARGE', 'TEA-GREEN'].includes(sku)
      if (available > 8 || forgotten || this.#roll(2) > 0) continue
      const reference = `PO-${2_200 + this.#roll(600)}`
      await this.#act(`stock/${sku}/restocks`, { quantity: 24 + this.#roll(5) * 12, reference })
    }
  }

  async #lookAtShelves() {
    const sku = this.#one(this.#skus)
    if (this.#roll(5) === 0) {
      const note = this.#one(['Dropped in aisle 4', 'Box came open', 'Chipped rim'])
      await this.#act(`stock/${sku}/adjustments`, { delta: -1, reason: 'damaged', note })
    }
    if (this.#roll(8) === 0) {
      const { body } = await this.#get(`/api/v1/stock/${sku}`)
      const counted = Math.max(body.reserved, body.onHand - this.#roll(3))
      await this.#act(`stock/${sku}/counts`, { counted, expectedOnHand: body.onHand })
    }
  }

  /** Most leave within a day. */
  async #packOrders(now: Date) {
    const due = this.#open.filter(({ at }) => now.getTime() - at.getTime() > 14 * HOUR)
    for (const { id } of due) {
      if (this.#roll(5) === 0) continue
      this.#open = this.#open.filter((order) => order.id !== id)
      const { body } = await this.#get(`/api/v1/orders/${id}`)
      if (body.status !== 'confirmed') continue
      await this.#act(`orders/${id}/fulfilment`, {
        revision: body.heldRevision,
        carrier: this.#one(['DHL', 'DPD', 'Hermes']),
        trackingNumber: `00340${434_100_000 + this.#roll(900_000)}`,
      })
    }
  }

  async #order(at: Date) {
    const customer = this.#one(CUSTOMERS)
    const greedy = this.#roll(14) === 0
    const lines = this.#lines().map((line) => (greedy ? { ...line, quantity: 400 } : line))
    const reference = this.#roll(3) === 0 ? `WEB-${48_000 + this.#roll(900)}` : undefined
    const { body } = await this.#act('orders', { ...customer, lines, reference })
    this.#open.push({ id: body.id, at })
  }

  async #changeOne(lines = this.#lines()) {
    const order = this.#open.at(-1)
    if (!order) return
    await this.#app.request('PATCH', `/api/v1/orders/${order.id}`, {
      token: this.#staff.clerk.token,
      headers: { 'if-match': '*' },
      body: { lines },
    })
  }

  async #cancelOne() {
    const order = this.#one(this.#open)
    if (!order) return
    this.#open = this.#open.filter(({ id }) => id !== order.id)
    await this.#act(`orders/${order.id}/cancellation`, { reason: 'Ordered twice by mistake' })
  }

  #lines() {
    const skus = new Set<string>()
    for (let n = 1 + this.#roll(3); n > 0; n--) {
      skus.add(this.#one(this.#skus))
    }
    return [...skus].map((sku) => ({ sku, quantity: 1 + this.#roll(3) }))
  }

  #settled() {
    const waiting = '/api/v1/orders?status=pending&status=updating&limit=1'
    return this.#until(waiting, ({ data }) => data.length === 0)
  }

  #until(path: string, holds: (body: any) => boolean) {
    return eventually(path, async () => holds((await this.#get(path)).body) || null, { every: 5 })
  }

  #get(path: string) {
    return this.#app.get(path, this.#staff.admin.token)
  }

  /** A refusal belongs to the story. */
  #act(path: string, body: object) {
    return this.#app.post(`/api/v1/${path}`, this.#staff.clerk.token, body)
  }

  #one<T>(of: T[]): T {
    return of[this.#roll(of.length)]
  }
}

/** Inventory answers within milliseconds: orders that wait for it have to be posed. */
const POSED = /* sql */ `
  create temp table posed as
    select id, row_number() over (order by id desc) as place from orders.orders
    where status = 'confirmed' and revision = 1 order by id desc limit 4;
  delete from orders.notifications where order_id in (select id from posed where place > 1);
  delete from orders.timeline_steps where order_id in (select id from posed where place > 1) and sequence > 1;
  update orders.orders set status = 'pending', held_revision = null, version = 1, confirmed_at = null,
      resend_at = null, attention = place = 4
    from posed where posed.id = orders.id and place > 1;
  insert into orders.timeline_steps (order_id, sequence, at, type, status, revision, actor)
    select id, 2, now() - interval '90 seconds', 'attention', 'pending', 1, '{"kind": "system", "id": null, "name": null}'
    from posed where place = 4;
  update orders.orders set version = 2 from posed where posed.id = orders.id and place = 4;
  update orders.orders set status = 'updating', held_revision = revision - 1, resend_at = null
    where id = (select id from orders.orders where status = 'confirmed' and revision = 2 and held_revision = 2
                order by id desc limit 1)`

/** What operators are there for: dead letters of three causes, a parked key, mails that wait or were given up, and an act. */
const IN_TROUBLE = /* sql */ `
  create temp table stuck as
    select id, row_number() over (order by id desc) as place from orders.orders where status = 'pending';
  insert into inventory.waiting_keys (consumer, key, since)
    select 'inventory', id, now() - interval '38 minutes' from stuck;
  insert into inventory.dead_letters (consumer, reason, topic, message_id, key, type, value, headers,
      error_class, error_message, error_stack, attempts, created_at)
    select 'inventory', why.reason, 'orders', outbox.message_id, outbox.key, outbox.type, data::text, '{"ce_type": "order_placed"}',
      why.class, why.error, why.class || ': ' || error || E'\\n    at moveStock (app/inventory/reservations/heads.ts:48:31)', attempts,
      now() - (interval '38 minutes' - place * interval '4 minutes')
    from stuck join orders.outbox on outbox.key = stuck.id::text and outbox.type = 'order_placed',
      lateral (values ('failed', 'TypeError', 'Cannot read properties of undefined (reading "currency")', 5),
                      ('waiting', null, null, 0)) as why (reason, class, error, attempts);
  insert into inventory.dead_letters (consumer, reason, topic, "offset", partition, value, headers, error_class,
      error_message, attempts, created_at)
    values ('inventory', 'junk', 'orders', 18204, 3, 'hello?', '{}', 'NotOurs', 'it has no ce_id', 1, now() - interval '2 hours');
  insert into orders.parked_keys (key, outbox_id, error, parked_at)
    select key, id, 'the message is larger than the broker takes (1.4 MB, at most 1.0 MB)', now() - interval '20 minutes'
    from orders.outbox where type = 'order_placed' order by id desc offset 12 limit 1;
  update orders.notifications set status = 'given_up', attempts = 31, last_error = '550 mailbox is full'
    where id in (select id from orders.notifications order by id desc offset 5 limit 2);
  update orders.notifications set status = 'pending', sent_at = null, attempts = 7, last_error = '450 4.2.2 mailbox is busy',
      next_attempt_at = case when place = 3 then 'infinity' else now() + interval '8 minutes' end
    from (select id, row_number() over (order by id desc) as place from orders.notifications
          where status = 'sent' order by id desc offset 5 limit 3) as waiting where waiting.id = notifications.id;
  insert into inventory.operator_acts (id, at, who, act, why, filter, outcome) values
    ('01a00000-0000-7000-8000-000000000001', now() - interval '3 hours', 'Olu Adeyemi <olu@example.com>', 'redrive',
     'price list fixed', '{"group": "b95a31e4ef"}', '{"handled": 128, "freed": 41, "waiting": 0, "junk": 0, "finished": true}');
  insert into orders.replays (id, at, who, why, filter, position, up_to, matched, replayed, finished_at) values
    ('01a00000-0000-7000-8000-000000000002', now() - interval '1 hour', 'olu', 'the ERP lost its disk',
     '{"type": "order_confirmed"}', 900, 900, 412, 412, now() - interval '59 minutes')`
