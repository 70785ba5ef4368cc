/*
 * The load generator: a process of its own, so that its work is not counted as the app's, and cannot delay the
 * measurements.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Load } from './loops.ts'
import type { OrdersOptions } from './orders.ts'
import type { Sent } from './sent.ts'

export interface Generated {
  sent: Sent[]
  /** Delay of each counted request in milliseconds; of an open loop. */
  lateness: number[]
  /** Milliseconds since 1970. */
  endedAt: number
  connections: number
}

export type FromGenerator = { measuring: true } | { sent: true } | { generated: Generated }

interface Events {
  /** After the warm-up. @param pid - of the generator */
  onMeasuring(pid: number): void
  /** After the last counted request of an open loop, or the last response of a closed loop. */
  onSent(): void
}

/** @throws Error when the generator ends early */
export async function generate(
  orders: OrdersOptions,
  load: Load,
  events: Events
): Promise<Generated> {
  const program = fileURLToPath(new URL('generator_main.ts', import.meta.url))
  const child = fork(program, [], {
    execArgv: ['--import=@poppinss/ts-exec'],
    serialization: 'advanced',
  })
  try {
    return await new Promise<Generated>((resolve, reject) => {
      child.on('message', (message: FromGenerator) => {
        if ('measuring' in message) events.onMeasuring(child.pid!)
        else if ('sent' in message) events.onSent()
        else resolve(message.generated)
      })
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`the load generator ended with ${code}`)))
      child.send({ orders, load })
    })
  } finally {
    child.kill()
  }
}
