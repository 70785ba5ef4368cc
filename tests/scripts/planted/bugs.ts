/*
 * Bugs in the core that the tests must notice, each with a spec that fails with it.
 */

/** What notices a bug. */
export interface Spec {
  suite: string
  file: string
  /** The title of one test; undefined: all of the file. */
  test?: string
}

export interface Bug {
  name: string
  file: string
  /** Occurs once in the file. */
  text: string
  instead: string
  caughtBy: Spec[]
}

const spec = (suite: string, file: string): Spec => ({ suite, file: `tests/${file}.spec.ts` })

const PROTOCOL: Spec = {
  ...spec('unit', 'system/histories/unit/protocol'),
  test: 'keeps its promises in thousands of random histories',
}
const USE_CASES: Spec = {
  ...spec('functional', 'system/histories/functional/use_cases'),
  test: 'keep their promises in hundreds of random histories',
}
const KILLED_PROCESS: Spec = {
  ...spec('outages', 'system/outages/histories'),
  test: 'to one process that is killed leave everything consistent',
}
const IMPORT_READS: Spec = {
  ...spec('functional', 'inventory/functional/imports/stock_import'),
  test: 'reads each row a few times, also when PostgreSQL knows only the rows of older imports',
}

function of(file: string, caughtBy: Spec, bugs: [name: string, text: string, instead: string][]) {
  return bugs.map(([name, text, instead]): Bug => ({
    name,
    file,
    text,
    instead,
    caughtBy: [caughtBy],
  }))
}

export const BUGS: Bug[] = [
  {
    name: 'a change holds its lines beside those held before',
    file: 'app/inventory/reservations/stock_plan.ts',
    text: 'const delta = (wanted.get(sku) ?? 0) - (held.get(sku) ?? 0)',
    instead: 'const delta = wanted.get(sku) ?? 0',
    caughtBy: [PROTOCOL, USE_CASES],
  },
  {
    name: 'a change must find all its lines free',
    file: 'app/inventory/reservations/stock_plan.ts',
    text: 'const own = head.held.get(sku) ?? 0',
    instead: 'const own = 0',
    caughtBy: [PROTOCOL, USE_CASES],
  },
  {
    name: 'an older target is applied',
    file: 'app/inventory/reservations/stock_plan.ts',
    text: `if (target.revision < head.revision) return { kind: 'stale' }`,
    instead: '',
    caughtBy: [PROTOCOL, USE_CASES],
  },
  {
    name: 'heldRevision of a stale reply is ignored',
    file: 'app/orders/order_state_machine.ts',
    text: `: applied(from, 'holding_moved')`,
    instead: `: { outcome: 'stale' }`,
    caughtBy: [PROTOCOL, USE_CASES],
  },
  {
    name: 'the consumer acknowledges messages before their effects commit',
    file: 'app/messaging/inbox/consumer.ts',
    text: 'else await this.#handleRouted(routed, alive)',
    instead: 'else void this.#handleRouted(routed, alive).catch(() => {})',
    caughtBy: [USE_CASES],
  },
  {
    name: 'the transport acknowledges messages before their effects commit',
    file: 'app/messaging/transports/embedded.ts',
    text: 'await subscriber.handle(',
    instead: 'void subscriber.handle(',
    caughtBy: [KILLED_PROCESS],
  },

  ...of(
    'app/messaging/recovery/discard.ts',
    spec('functional', 'operations/functional/operator_pages'),
    [['a discard cannot be stopped', 'if (signal?.aborted) {', 'if (false) {']]
  ),
  ...of('app/mail/mail_rows.ts', spec('functional', 'mail/functional/deliveries'), [
    [
      'a held mail is sent by the attempt that runs',
      `and status = 'pending'
      and next_attempt_at < \${HELD}
    returning`,
      `and status = 'pending'
    returning`,
    ],
    [
      'a failed attempt ends a hold',
      `next_attempt_at = case when next_attempt_at = \${HELD} then \${HELD}
        else now() + $4`,
      `next_attempt_at = case when false then \${HELD}
        else now() + $4`,
    ],
  ]),
  ...of('app/mail/operators/change_pending.ts', spec('functional', 'mail/functional/deliveries'), [
    [
      'an operator ends the hold of another without having seen it',
      'if (due || held !== seen.held || attempts !== seen.attempts) return false',
      'if (due || attempts !== seen.attempts) return false',
    ],
    [
      'the time of a hold counts as time of attempts',
      `update({ created_at: trx.raw('now()') })`,
      'update({})',
    ],
    [
      'a mail is attempted twice at a time, because two operators send it',
      'if (due || held !== seen.held || attempts !== seen.attempts) return false',
      'if (held !== seen.held) return false',
    ],
    ['giving up leaves the mail in its place', `status: 'given_up', last_error`, 'last_error'],
  ]),

  ...of('app/orders/order_state_machine.ts', spec('unit', 'orders/unit/order_state_machine'), [
    [
      'a parcel may hold lines that are not reserved',
      `if (packed !== from.heldRevision) return { outcome: 'refused', code: 'revision_moved' }`,
      '',
    ],
    [
      'an order can be fulfilled before it is confirmed',
      `if (from.status !== 'confirmed') return { outcome: 'refused', code: 'order_not_confirmed' }`,
      '',
    ],
    [
      'a cancellation keeps the revision',
      `status: 'cancelled' as const, revision: from.revision + 1 }`,
      `status: 'cancelled' as const }`,
    ],
    [
      'a late reply moves the held revision back',
      'replied !== null && replied > (known ?? 0) ? replied : known',
      'replied ?? known',
    ],
    [
      'a reply to a revision that does not exist counts',
      `if (reply.revision > before.revision) return { outcome: 'unexpected' }`,
      '',
    ],
    ['a release is counted twice', `if (from.endAcknowledged) return { outcome: 'repeated' }`, ''],
    ['an order without stock is confirmed', 'if (from.heldRevision === null) {', 'if (false) {'],
    ['each change is told as a confirmation', 'if (!from.wasConfirmed) return', 'if (true) return'],
  ]),

  ...of('app/inventory/imports/file/numbers.ts', spec('unit', 'inventory/unit/numbers'), [
    [
      'a count of “1.200” is read as 1.2',
      'ambiguous: AMBIGUOUS.test(text)',
      'ambiguous: false && AMBIGUOUS.test(text)',
    ],
  ]),
  ...of(
    'app/inventory/pages/stock/stock_csv.ts',
    spec('functional', 'inventory/functional/imports/exports'),
    [
      [
        'every exported price has two decimals',
        'majorUnits(product)',
        '(product.amount / 100).toFixed(2)',
      ],
    ]
  ),
  ...of(
    'app/inventory/imports/errors_csv.ts',
    spec('functional', 'inventory/functional/imports/exports'),
    [
      [
        'the download of problems leaves out the last column',
        'kept.map((index) => cells[index])',
        'kept.slice(0, -1).map((index) => cells[index])',
      ],
    ]
  ),
  ...of(
    'app/inventory/imports/import_transitions.ts',
    spec('functional', 'inventory/functional/imports/already_booked'),
    [['the same file under another name is not recognized', `Buffer.from(hash, 'hex')`, 'null']]
  ),
  ...of(
    'app/inventory/ledger/bookings.ts',
    spec('functional', 'inventory/functional/imports/already_booked'),
    [
      [
        'two people who apply the same file at once do not see each other',
        'if (isUuid(id)) await run(trx, lockSame, [id])',
        '',
      ],
    ]
  ),
  ...of(
    'app/inventory/pages/reject_repeated.ts',
    spec('functional', 'inventory/functional/imports/already_booked'),
    [['a page books the same goods again without asking', '!earlier ||', 'true ||']]
  ),
  ...of(
    'app/orders/store/placement.ts',
    spec('functional', 'inventory/functional/stock/order_numbers'),
    [['a new order is announced without its number', 'data: NUMBERED', `data: 'data'`]]
  ),
  ...of(
    'app/inventory/reservations/reservation_rows.ts',
    spec('functional', 'inventory/functional/stock/order_numbers'),
    [
      [
        'a message without a number removes that of the order',
        'number = coalesce(reservation_heads.number, head.number)',
        'number = head.number',
      ],
    ]
  ),
  ...of(
    'app/inventory/stock/reconcile.ts',
    spec('functional', 'inventory/functional/stock/stock_verbs'),
    [
      [
        'the balances of SKUs without a product are not checked',
        'not listed or "onHand" <>',
        'listed and "onHand" <>',
      ],
    ]
  ),

  ...of('app/inventory/reservations/stock_plan.ts', spec('unit', 'inventory/unit/stock_plan'), [
    [
      'two lines of one SKU pass the check one by one',
      'sums.set(sku, (sums.get(sku) ?? 0) + quantity)',
      'sums.set(sku, quantity)',
    ],
    [
      'an order can be refused units that it holds',
      '(requested > own && requested > available)',
      'requested > available',
    ],
    [
      'a refused change releases what was held',
      `outcome: 'rejected' as const, shortages }`,
      `outcome: 'rejected' as const, shortages, held: new Map() }`,
    ],
    [
      'a fulfilment leaves the units on hand',
      'onHandDelta: -quantity, reservedDelta: -quantity',
      'onHandDelta: 0, reservedDelta: -quantity',
    ],
    [
      'a repeated target is decided again',
      `if (target.revision === head.revision) return { kind: 'repeated' }`,
      '',
    ],
  ]),

  ...of(
    'app/inventory/ledger/ledger.ts',
    spec('functional', 'inventory/functional/stock/lock_order'),
    [
      ['balances are locked in no order', 'order by sku for no key update', 'for no key update'],
      ['balances are not locked', ' for no key update', ''],
    ]
  ),
  ...of('app/inventory/ledger/ledger.ts', spec('functional', 'inventory/functional/stock/stock'), [
    ['a movement does not change the units on hand', 'balance.onHand += movement.onHandDelta', ''],
    [
      'movements do not name the order behind them',
      'orderId: movement.orderId ?? null',
      'orderId: null',
    ],
  ]),
  ...of(
    'app/inventory/reservations/reservation_rows.ts',
    spec('functional', 'inventory/functional/stock/lock_order'),
    [['heads are locked in no order', ' order by order_id for update', ' for update']]
  ),
  ...of(
    'app/inventory/reservations/reservation_rows.ts',
    spec('functional', 'inventory/functional/stock/first_target'),
    [
      [
        'a head that another process has inserted is overwritten',
        'from head where is_new order by order_id\n',
        `from head where is_new order by order_id
      on conflict (order_id) do update set revision = excluded.revision, outcome = excluded.outcome,
        held_revision = excluded.held_revision\n`,
      ],
    ]
  ),
  ...of('app/inventory/reservations/reservation_rows.ts', USE_CASES, [
    [
      'the balances of held units are not locked',
      'union select sku from reservations where order_id = any ($1::uuid[])',
      'except select null where $1::uuid[] is null',
    ],
    [
      'units of a line that was removed stay reserved for the order',
      '[...before.keys()].filter((sku) => !head.held.has(sku))',
      '[...before.keys()].filter(() => false)',
    ],
    [
      'a changed quantity is not stored',
      '.filter(([sku, quantity]) => before.get(sku) !== quantity)',
      '.filter(([sku]) => !before.has(sku))',
    ],
  ]),

  ...of('app/postgres/run.ts', spec('functional', 'postgres/functional/transaction_in_two_trips'), [
    [
      'a transaction whose decision fails is not rolled back',
      "await connection.query('rollback').catch((lost) => (connection.__knex__disposed = lost))",
      '',
    ],
    [
      'a failed commit is not noticed',
      'await send(connection, [...last, COMMIT])',
      'await send(connection, last); void send(connection, [COMMIT]).catch(() => {})',
    ],
  ]),
  ...of('app/postgres/run.ts', spec('processes', 'system/processes/database_exchanges'), [
    [
      'the commit of a batch is a round trip of its own',
      'await send(connection, [...last, COMMIT])',
      'await send(connection, last); await send(connection, [COMMIT])',
    ],
  ]),
  ...of('app/inventory/imports/read_import.ts', IMPORT_READS, [
    ['PostgreSQL knows nothing of the rows of a new import', '    await analyzeRows()\n', ''],
  ]),

  ...of('app/messaging/inbox/inbox.ts', spec('messaging', 'messaging/inbox/inbox_order'), [
    [
      'ids are inserted in no order',
      'as id order by id\n    on conflict do nothing',
      'as id\n    on conflict do nothing',
    ],
  ]),
  ...of('app/messaging/inbox/inbox.ts', spec('messaging', 'messaging/inbox/consumer'), [
    [
      'a message that was handled is new again',
      'on conflict do nothing\n    returning message_id',
      'on conflict (consumer, message_id) do update set handled_at = now()\n    returning message_id',
    ],
  ]),
  ...of('app/messaging/inbox/commit_batch.ts', spec('messaging', 'messaging/inbox/consumer'), [
    [
      'a message that comes twice in a batch is handled twice',
      'fresh.delete(message.id)',
      'fresh.has(message.id)',
    ],
  ]),
  ...of(
    'app/messaging/inbox/commit_batch.ts',
    spec('messaging', 'messaging/inbox/consumer_failures'),
    [
      [
        'a message of a blocked key is handled',
        'else if (blocked.has(message.key)) {',
        'else if (false) {',
      ],
      ['data that breaks its schema does not block its key', 'blocked.add(message.key)', ''],
    ]
  ),
  ...of(
    'app/messaging/recovery/accept_failures.ts',
    spec('messaging', 'messaging/inbox/accepted_failures'),
    [
      [
        'accepted failures of a pause are accepted for a later pause too',
        'at > $2::timestamptz and at > clock_timestamp()',
        '$2::timestamptz is not null and at > clock_timestamp()',
      ],
    ]
  ),
  ...of(
    'app/messaging/inbox/handle_batch.ts',
    spec('messaging', 'messaging/inbox/consumer_failures'),
    [
      ['the consumer never pauses', 'else circuit.failed()', ''],
      ['a message alone is tried once', 'const TRIES = 5', 'const TRIES = 1'],
      [
        'the second half of a failed batch is handled first',
        'await this.#handle(messages.slice(0, half))\n    await this.#handle(messages.slice(half))',
        'await this.#handle(messages.slice(half))\n    await this.#handle(messages.slice(0, half))',
      ],
    ]
  ),
  ...of(
    'app/messaging/inbox/circuit_breaker.ts',
    spec('messaging', 'messaging/inbox/consumer_failures'),
    [
      ['the circuit opens one failure late', 'inARow: 20', 'inARow: 21'],
      ['half of a batch does not open the circuit', '(failed + 1) * 2 >= size', 'false'],
      [
        'a success does not reset the failures in a row',
        'succeeded() {\n    this.#failuresInRow = 0',
        'succeeded() {',
      ],
    ]
  ),

  ...of('app/messaging/outbox/publisher.ts', spec('messaging', 'messaging/outbox/relay'), [
    [
      'rows are marked before the broker has acknowledged them',
      'const first = await transport.send(module, partition, records)',
      'const first = null\n      void transport.send(module, partition, records).catch(() => {})',
    ],
  ]),
  ...of('app/messaging/outbox/relay.ts', spec('messaging', 'messaging/outbox/relay'), [
    ['pending rows are read in no order of their ids', 'order by id\n', 'order by id desc\n'],
    [
      'a partition that waits for its next try is read again',
      'and key_hash % $2 <> all ($3::int[])',
      'and $2::int is not null and $3::int[] is not null',
    ],
  ]),
  ...of('app/messaging/outbox/relay.ts', spec('messaging', 'messaging/outbox/relay'), [
    [
      'rows are read before those that were acknowledged are marked',
      'this.#publisher.mark(connection)\n    const busy',
      'setImmediate(() => this.#publisher.mark(connection))\n    const busy',
    ],
  ]),
  ...of('app/messaging/outbox/publisher.ts', spec('messaging', 'messaging/outbox/relay_batches'), [
    ['all rows of a send have its offset', 'BigInt(first) + BigInt(index)', 'BigInt(first)'],
  ]),
  ...of(
    'app/messaging/outbox/leader_connection.ts',
    spec('messaging', 'messaging/outbox/relay_batches'),
    [
      [
        'a mark may scan the whole outbox',
        'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off',
        'select',
      ],
    ]
  ),
  ...of(
    'app/messaging/outbox/notify_relay.ts',
    spec('messaging', 'messaging/outbox/relay_batches'),
    [
      ['commits soon after a notification are not announced', 'if (isWanted) notify()', ''],
      ['each commit is announced on its own', 'if (!hasNotified) notify()', 'notify()'],
    ]
  ),
  ...of('app/runtime/pace.ts', spec('messaging', 'messaging/outbox/relay_batches'), [
    [
      'what is committed during a send is sent one by one',
      'isBusy ? most : Math.min(',
      'Math.min(',
    ],
    ['a message that comes alone waits for others', '(this.#meanRows - 1)', '(this.#meanRows + 1)'],
    ['a send that hangs stops the other partitions', 'isBusy ? most', 'isBusy ? 2 ** 30'],
  ]),
  ...of(
    'app/messaging/transports/batch_coalescer.ts',
    spec('unit', 'messaging/unit/transports/batch_coalescer'),
    [['the partitions of a fetch are handled one by one', 'await setImmediate()', '']]
  ),
  ...of('app/messaging/outbox/low_watermark.ts', spec('messaging', 'messaging/outbox/relay'), [
    [
      'the watermark passes ids that may still commit',
      'BigInt(xmin) >= this.#candidate.xmax',
      'true',
    ],
    ['the watermark passes a pending row', 'lowestPending - 1n', 'lowestPending'],
    [
      'the watermark stays above the ids of an emptied outbox',
      'then published_up_to else 0 end',
      'then published_up_to else published_up_to end',
    ],
  ]),

  ...of(
    'app/messaging/inbox/dead_letter_store.ts',
    spec('messaging', 'messaging/recovery/dead_letters'),
    [
      ['dead letters are redriven newest first', 'order by id limit 2', 'order by id desc limit 2'],
      ['a key is free after its first dead letter', `if (rows.length > 1) return 'one'`, ''],
      [
        'a dead letter that fails again counts no attempt',
        'attempts = attempts + 1, reason',
        'attempts = attempts, reason',
      ],
      [
        'a failed message does not block its key',
        `entries.filter(({ reason }) => reason === 'failed')`,
        'entries.filter(() => false)',
      ],
    ]
  ),

  ...of('app/messaging/installer.ts', spec('messaging', 'messaging/installer'), [
    [
      'tables that migrations have set up are not adopted',
      ' && !(await holds(client, isApplied))',
      '',
    ],
    ['an adopted step is not recorded', 'else await record(owner, step)', ''],
    [
      'two processes install at the same time',
      "await lock.rawQuery(`select pg_advisory_xact_lock(hashtext('messaging installer'))`)",
      '',
    ],
    [
      'an interrupted online step is recorded as done',
      'await step.online?.(owner)',
      'await record(owner, step)\n  await step.online?.(owner)',
    ],
  ]),
  ...of('app/messaging/schema.ts', spec('messaging', 'messaging/installer'), [
    ['a released step has changed', 'create table suspects (', 'create unlogged table suspects ('],
    [
      'the installer leaves out a table',
      'create table worker_roles (',
      'create table worker_roles_0008 (',
    ],
  ]),
  ...of('app/messaging/messaging.ts', spec('messaging', 'messaging/stand_alone'), [
    [
      'the kernel imports a file outside its foundations',
      'const HOUR_MS = 3_600_000',
      "import '#contracts/actor'\n\nconst HOUR_MS = 3_600_000",
    ],
  ]),
  ...of('app/messaging/outbox/segments.ts', spec('messaging', 'messaging/outbox/segments'), [
    [
      'a segment of the outbox is dropped with a pending message',
      'select not exists (select from ${name} where published_at is null)',
      'select true',
    ],
    [
      'a segment of the outbox is dropped with a message of a parked key',
      'and not exists (select from ${name} join parked_keys using (key))',
      '',
    ],
    [
      'a segment of the outbox is dropped before its last message has expired',
      'return any.rows.length === 0',
      'return true',
    ],
    [
      'a segment of the outbox is dropped while a transaction may still write to it',
      'await client.query(`lock table only ${segment.name} in share mode`)',
      '',
    ],
    [
      'a segment of the outbox is dropped with the message that guards a change of the transport',
      'newest.partition is not null and newest.id > verified_id',
      'false',
    ],
    ['an interrupted detach of a segment is not continued', 'await finishDetaching(client)', ''],
    [
      'a segment of the outbox takes messages as soon as it is attached',
      'if (isAttached(current + 1) && (await isDue(client, current, period))) {',
      `if (await isDue(client, current, period)) {
    if (!isAttached(current + 1)) {
      await createSegment(client, { name: \`outbox_\${current + 1}\`, number: current + 1 })
    }`,
    ],
  ]),
  ...of('app/http/server/http_server.ts', spec('unit', 'http/unit/draining'), [
    [
      'a stopping server does not wait for the connections of its other sockets',
      'void Promise.all(others).then(() => done?.(error))',
      'done?.(error)',
    ],
  ]),
  ...of('app/messaging/testing.ts', spec('messaging', 'messaging/stand_alone'), [
    [
      'a part of the kernel that only tests use reads a setting of the app',
      'export async function waitUntilIdle(',
      "import '#config/namespace'\n\nexport async function waitUntilIdle(",
    ],
  ]),

  ...of('app/http/idempotency.ts', spec('functional', 'inventory/functional/stock/stock'), [
    ['two requests with one key run at the same time', 'await lock(trx, scope)', ''],
  ]),
  ...of(
    'app/http/idempotency.ts',
    spec('functional', 'orders/functional/placing/idempotency_key'),
    [
      [
        'a key returns its response to another payload',
        'if (stored !== scope.payloadHash && stored !== scope.payloadHashWithNulls?.()) {',
        'if (false) {',
      ],
      [
        'a key counts for every account',
        'where account_id = $1 and',
        'where $1::uuid is not null and',
      ],
      ['members in another order are another payload', '.sort(([a], [b]) => (a < b ? -1 : 1))', ''],
      ['keys are never forgotten', `interval '1 day'`, `interval '10 days'`],
    ]
  ),

  ...of('app/accounts/credentials/tokens.ts', spec('functional', 'accounts/functional/accounts'), [
    [
      'a remembered token outlives its expiry',
      'if (token?.expiresAt) entry.until = Math.min(entry.until, token.expiresAt.getTime())',
      '',
    ],
    ['a revoked token stays remembered', 'remembered.delete(digestOf(token))', ''],
  ]),
  ...of('app/accounts/credentials/tokens.ts', spec('functional', 'accounts/functional/people'), [
    [
      'the token of a disabled account works',
      `.where('access_tokens.id', tokenId)\n    .whereNull('disabled_at')`,
      `.where('access_tokens.id', tokenId)`,
    ],
  ]),

  ...of(
    'app/orders/placing/coalesced_placements.ts',
    spec('functional', 'orders/functional/placing/coalesced_placements'),
    [
      [
        'an order that PostgreSQL refuses fails the orders of its statement',
        'const alone = firsts.length > 1 && !isTransient(error)',
        'const alone = false',
      ],
      [
        'two orders of one statement have one key',
        'Map.groupBy(waiting, ({ order }) => lockText(order.scope))',
        'Map.groupBy(waiting, ({ order }) => order.order.id)',
      ],
      [
        'a customer whose limits are checked keeps others waiting',
        'if (order.limits) return this.#placeAlone(order)',
        '',
      ],
      [
        'statements that hang keep all later orders waiting',
        'setTimeout(end, COUNTED_MS)',
        'setTimeout(end, 2 ** 30)',
      ],
    ]
  ),
  ...of(
    'app/orders/placing/place_order.ts',
    spec('functional', 'orders/functional/placing/coalesced_placements'),
    [
      [
        'orders of one statement share a trace',
        'message: { ...targetMessage(order, order.lines), time: order.placedAt },',
        'get message() { return { ...targetMessage(order, order.lines), time: order.placedAt } },',
      ],
    ]
  ),
  ...of(
    'app/orders/placing/coalesced_prices.ts',
    spec('functional', 'orders/functional/placing/coalesced_prices'),
    [
      [
        'a price look-up joins a statement that has begun',
        'this.#next = null\n      return this.#find([...skus])',
        'return this.#find([...skus]).finally(() => (this.#next = null))',
      ],
      ['an order finds the prices of other orders', '.filter(({ sku }) => skus.includes(sku))', ''],
    ]
  ),
  ...of(
    'app/orders/placing/price_list.ts',
    spec('functional', 'orders/functional/placing/prices'),
    [
      [
        'an older version of a product replaces a newer one',
        '\n    where price_list.version <= excluded.version',
        '',
      ],
      [
        'the lowest version of a product in a batch counts',
        'order by sku, version desc',
        'order by sku, version',
      ],
    ]
  ),
  ...of('app/orders/placing/price_list.ts', spec('functional', 'orders/functional/price_of_more'), [
    [
      'further units keep the price of the first',
      'const grows = quantity > unitsOf(kept, sku)',
      'const grows = false',
    ],
  ]),
  ...of(
    'app/orders/placing/price_list.ts',
    spec('functional', 'orders/functional/placing/bad_orders'),
    [
      [
        'a product that is off sale can be ordered',
        'if (off.length > 0) throw notForSale(linesAsking(off))',
        '',
      ],
    ]
  ),

  ...of('app/mail/mail_rows.ts', spec('functional', 'orders/functional/mails'), [
    [
      'a later mail about an order is sent first',
      `order by status <> 'pending', sequence limit 1)`,
      `order by status <> 'pending', sequence desc limit 1)`,
    ],
    [
      'a leased mail is leased again',
      `next_attempt_at = now() + interval '1 minute'`,
      'next_attempt_at = now()',
    ],
  ]),
  ...of('app/mail/mail_rows.ts', spec('functional', 'mail/functional/many_at_once'), [
    [
      'several mails about one subject are sent at once',
      'first.${subject} = due.${subject}',
      'first.id = due.id',
    ],
  ]),
  ...of('app/mail/mail_rows.ts', spec('functional', 'mail/functional/deliveries'), [
    [
      'a copy whose lease has ended counts when others do not',
      'return mails.map(({ id }) => ids.has(id))',
      'return mails.map(() => ids.size >= 0)',
    ],
  ]),
  ...of('app/mail/deliver.ts', spec('functional', 'mail/functional/many_at_once'), [
    [
      'a mark that could not be stored is forgotten',
      'if (signal.aborted) throw error',
      'throw error',
    ],
    [
      'a mail is marked as sent before the server has it',
      'const failed = content && (await send(mail, content, context))',
      'const failed = content && (void markSent(mail, context), await send(mail, content, context))',
    ],
  ]),
  ...of('app/mail/mail_server.ts', spec('functional', 'mail/functional/many_at_once'), [
    [
      'every connection that breaks counts a failure',
      `if (this.#limit.failed()) return 'waits'`,
      'this.#limit.failed()',
    ],
  ]),
  ...of('app/mail/connection_limit.ts', spec('unit', 'mail/unit/connection_limit'), [
    [
      'refused connections do not lower the limit',
      'this.#set(Math.min(this.#ceiling, Math.max(1, others)))',
      'this.#set(this.#limit)',
    ],
  ]),
  ...of('app/runtime/gathered.ts', spec('unit', 'runtime/unit/gathered'), [
    [
      'gathered calls share the result of the first',
      'resolve(results[index])',
      'resolve(results[0])',
    ],
  ]),
  ...of('app/mail/delivery.ts', spec('unit', 'mail/unit/delivery'), [
    [
      'a mail is sent four times without a confirmation',
      `const status = copies < MAX_COPIES`,
      `const status = copies <= MAX_COPIES`,
    ],
    [
      'a refusal counts while the queue is paused',
      `if (outcome.kind !== 'refused') return decide(outcome, mail)`,
      'return decide(outcome, mail)',
    ],
    [
      'a mail at which the server hangs up is sent forever',
      `return command === 'CONN' && !connected`,
      `return command === 'CONN'`,
    ],
    [
      'a rejected recipient counts as a wrong setting',
      'if (/^(RCPT TO|DATA)$/.test(step)',
      'if (/^(DATA)$/.test(step)',
    ],
  ]),
]
