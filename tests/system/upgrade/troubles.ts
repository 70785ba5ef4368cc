/*
 * What goes wrong in a shop, made on purpose: messages that fail, foreign records, a key that is parked.
 */
import kafkajs, { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { eventually } from '#tests/support/eventually'
import type { DemoShop } from './demo_shop.ts'

/** Inventory fails for orders of it while the trigger is there. */
const FAULTY_SKU = 'TRAY-OAK'

const FAULT = /* sql */ `
  create function inventory.fail() returns trigger language plpgsql as
    $$ begin raise exception 'the shelf of % has collapsed', new.sku; end $$;
  create trigger fail before insert on inventory.reservations
    for each row when (new.sku = '${FAULTY_SKU}') execute function inventory.fail()`

const NO_FAULT = 'drop trigger fail on inventory.reservations; drop function inventory.fail()'

export class Troubles {
  readonly #kafka: Kafka

  constructor(
    readonly shop: DemoShop,
    readonly databaseUrl: string,
    brokers: string
  ) {
    this.#kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  }

  /** Failed, waiting behind one that failed, and malformed. */
  async deadLetters() {
    await this.#query(FAULT)
    const lines = [{ sku: FAULTY_SKU, quantity: 1 }]
    const ids = await Promise.all([1, 2, 3].map(() => this.shop.order({ lines })))
    await this.#until(`select from inventory.dead_letters where reason = 'failed'`, 3)
    await this.#query(NO_FAULT)
    await this.shop.change(ids[0], [{ sku: FAULTY_SKU, quantity: 2 }])
    await this.shop.cancel(ids[1])
    await this.#until(`select from inventory.dead_letters where reason = 'waiting'`, 2)
    await this.#produce([
      { key: 'someone', value: 'hello?' },
      {
        key: 'someone',
        value: '{"n":9007199254740993,"a":1.0,"b":1,"b":2}',
        headers: { source: 'erp' },
      },
      { key: null, value: null },
    ])
    await this.#until(`select from inventory.dead_letters where reason = 'junk'`, 3)
    // Nobody answers it: it is sent again, then a person has to look.
    await this.#until('select from orders.orders where attention', 1)
  }

  /** The broker takes no message of this order. */
  async parkedKey() {
    await this.#limit('300')
    const id = await this.shop.order({ lines: [{ sku: 'MUG-RED', quantity: 3 }] })
    await this.#until('select from orders.parked_keys', 1)
    await this.#limit('1048588')
    this.shop.parked = id
  }

  async #produce(messages: object[]) {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    await producer.send({ topic: 'orders', messages: messages as never })
    await producer.disconnect()
  }

  async #limit(bytes: string) {
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: 'orders',
          configEntries: [{ name: 'max.message.bytes', value: bytes }],
        },
      ],
    })
    await admin.disconnect()
  }

  async #until(sql: string, rows: number) {
    await eventually(sql, async () => (await this.#query(sql)).length >= rows, { within: 120_000 })
  }

  async #query(sql: string) {
    const client = new pg.Client(this.databaseUrl)
    await client.connect()
    try {
      const { rows } = await client.query(sql)
      return rows ?? []
    } finally {
      await client.end()
    }
  }
}
