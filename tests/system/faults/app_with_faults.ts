/*
 * The app, with troubles that cannot be made from outside. It reads them from the file that FAULTS_FILE
 * names, again at each SIGUSR2; without the file it is the app as it is.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Subscription } from '#messaging/inbox/subscription'
import type { Transport } from '#messaging/transports/transport'
import { afterHandling } from '#tests/support/processes/after_handling'
import type { Troubles } from './injected_faults.ts'

const file = process.env.FAULTS_FILE!
let troubles: Troubles = {}

readTroubles()
process.on('SIGUSR2', readTroubles)
shiftTheClock()

const { Messaging } = await import('#messaging/messaging')
const { createTransport, subscribe } = Messaging.prototype
Messaging.prototype.createTransport = function () {
  return troubled(createTransport.call(this))
}
Messaging.prototype.subscribe = function (module, subscriptions) {
  subscribe.call(this, module, subscriptions.map(mortal))
}
await import('../../../bin/server.ts')

function readTroubles() {
  troubles = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

/** `Date` alone: timers and `performance.now()` go by the monotonic clock, as they would. */
function shiftTheClock() {
  const Real = Date
  const now = () => Real.now() + (troubles.clockMs ?? 0)
  globalThis.Date = new Proxy(Real, {
    construct: (_, args: [], target) =>
      Reflect.construct(Real, args.length > 0 ? args : [now()], target),
    get: (_, name) => (name === 'now' ? now : Reflect.get(Real, name)),
  })
}

function troubled(transport: Transport): Transport {
  const { send, subscribe: hear } = transport
  transport.send = async (topic, partition, records) => {
    dieAt(`before-publish-${topic}`)
    const offset = await send.call(transport, topic, partition, records)
    dieAt(`after-publish-${topic}`)
    if (Math.random() < (troubles.cutAcks ?? 0)) {
      await sleep(Math.random() * 200)
      throw new Error('the acknowledgement is cut')
    }
    return offset
  }
  transport.subscribe = (subscriber) => {
    const die = () => dieAt(`after-effect-${subscriber.name}`)
    return hear.call(transport, afterHandling(subscriber, die))
  }
  return transport
}

/** A message with the header `deadly` kills the process that handles it, inside its transaction. */
function mortal(subscription: Subscription): Subscription {
  return {
    ...subscription,
    handle: async (messages, trx) => {
      if (messages.some(({ headers }) => headers.deadly)) process.kill(process.pid, 'SIGKILL')
      await subscription.handle(messages, trx)
    },
  }
}

/** Of several processes the one that comes to the point first dies there, and no other. */
function dieAt(point: string) {
  if (troubles.dieAt !== point) return
  troubles.dieAt = undefined
  if (!existsSync(file)) return
  rmSync(file)
  process.kill(process.pid, 'SIGKILL')
}
