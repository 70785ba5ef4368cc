import { brokers } from './brokers.ts'
import { database } from './database.ts'
import type { Fault } from '../fault.ts'
import { killApp } from './kill_app.ts'
import { messages } from './messages.ts'
import { network } from './network.ts'
import { outbox } from './outbox.ts'
import { processes } from './processes.ts'

/** In the order of the table. */
export const faults: Fault[] = [
  ...killApp,
  ...brokers,
  ...network,
  ...database,
  ...processes,
  ...outbox,
  ...messages,
]
