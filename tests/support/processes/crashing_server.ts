/*
 * The app, but it kills itself as a power cut would once it has come to the point that DIE_AT names:
 *
 *   after-publish     orders are safe in the topic (embedded: handled), and not yet marked as published
 *   after-hold        inventory has held the stock of orders, and the transport does not know it yet
 *   after-settlement  orders has settled them, and the transport does not know it yet
 *
 * "Come to the point" means that MESSAGES messages have passed it, so that some are through and others
 * are not.
 *
 * It says nothing on the topic that SILENT names: what would come after the point does not come before it.
 */
import 'reflect-metadata'
import { Ignitor, prettyPrintError } from '@adonisjs/core'
import { Messaging } from '#messaging/messaging'
import type { Transport } from '#messaging/transports/transport'
import { prepareEnvironment } from '#start/environment'
import { afterHandling } from './after_handling.ts'

const APP_ROOT = new URL('../../../', import.meta.url)
const MESSAGES = 8

const point = process.env.DIE_AT
const silent = process.env.SILENT
const passed = { publish: 0, hold: 0, settlement: 0 }

const { createTransport } = Messaging.prototype
Messaging.prototype.createTransport = function () {
  return mortal(createTransport.call(this))
}

new Ignitor(APP_ROOT, { importer: (path) => import(new URL(path, APP_ROOT).href) })
  .tap((app) => {
    app.booting(() => prepareEnvironment(app, 'owner'))
  })
  .httpServer()
  .start()
  .catch(async (error) => {
    await prettyPrintError(error)
    process.exit(1)
  })

function mortal(transport: Transport): Transport {
  const { send, subscribe } = transport
  transport.send = async (topic, partition, records) => {
    if (topic === silent) await new Promise(() => {})
    const offset = await send.call(transport, topic, partition, records)
    if (topic === 'orders') count('publish', records.length)
    return offset
  }
  transport.subscribe = (subscriber) => {
    const what = subscriber.name === 'inventory' ? 'hold' : 'settlement'
    const handled = afterHandling(subscriber, ({ length }) => count(what, length))
    return subscribe.call(transport, handled)
  }
  return transport
}

function count(what: keyof typeof passed, messages: number) {
  passed[what] += messages
  if (point === `after-${what}` && passed[what] >= MESSAGES) process.kill(process.pid, 'SIGKILL')
}
