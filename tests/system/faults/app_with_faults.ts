/*
 * The app with faults that cannot be caused from outside. It reads them from the file named by FAULTS_FILE, at
 * its start and at each SIGUSR2; without the file nothing is injected.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { on, type Subscription } from '#messaging/inbox/subscription'
import type { Transport } from '#messaging/transports/transport'
import { afterHandling } from '#tests/support/processes/after_handling'
import type { InjectedFaults } from './injected_faults.ts'

const file = process.env.FAULTS_FILE!
let injected: InjectedFaults = {}

readFaults()
process.on('SIGUSR2', readFaults)
shiftTheClock()

const { Messaging } = await import('#messaging/messaging')
const { createTransport, subscribe } = Messaging.prototype
Messaging.prototype.createTransport = function () {
  return withFaults(createTransport.call(this))
}
Messaging.prototype.subscribe = function (module, subscriptions) {
  subscribe.call(this, module, subscriptions.map(withDeadlyMessages))
}
await import('../../../bin/server.ts')

function readFaults() {
  injected = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

/** Shifts `Date` only: timers and `performance.now()` use the monotonic clock. */
function shiftTheClock() {
  const Real = Date
  const now = () => Real.now() + (injected.clockMs ?? 0)
  globalThis.Date = new Proxy(Real, {
    construct: (_, args: [], target) =>
      Reflect.construct(Real, args.length > 0 ? args : [now()], target),
    get: (_, name) => (name === 'now' ? now : Reflect.get(Real, name)),
  })
}

function withFaults(transport: Transport): Transport {
  const { send, subscribe: subscribeTo } = transport
  transport.send = async (topic, partition, records) => {
    crashAt(`before-publish-${topic}`)
    const offset = await send.call(transport, topic, partition, records)
    crashAt(`after-publish-${topic}`)
    if (Math.random() < (injected.cutAcks ?? 0)) {
      await sleep(Math.random() * 200)
      throw new Error('the acknowledgement is lost')
    }
    return offset
  }
  transport.subscribe = (subscriber) => {
    const die = () => crashAt(`after-effect-${subscriber.name}`)
    return subscribeTo.call(transport, afterHandling(subscriber, die))
  }
  return transport
}

/** A message with the header `deadly` kills the process that handles it, inside its transaction. */
function withDeadlyMessages({ messages, handler }: Subscription): Subscription {
  if (typeof handler === 'function') throw new Error('a handler in two round trips is expected')
  return on(messages, {
    reads: (batch) => handler.reads(batch),
    decide(batch, rows) {
      if (batch.some(({ headers }) => headers.deadly)) process.kill(process.pid, 'SIGKILL')
      return handler.decide(batch, rows)
    },
  })
}

/** Kills the first process that reaches the point: it deletes the file, so no other dies there. */
function crashAt(point: string) {
  if (injected.crashAt !== point) return
  injected.crashAt = undefined
  if (!existsSync(file)) return
  rmSync(file)
  process.kill(process.pid, 'SIGKILL')
}
