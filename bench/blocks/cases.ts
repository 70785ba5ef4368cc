/*
 * The cases that blocks measure, and their goals. docs/performance.md explains the goals.
 */
import type { Load } from '../load/loops.ts'
import type { Catalogue } from '../under_test/stage.ts'
import type { Figures } from './figures.ts'

export type Transport = 'embedded' | 'kafka'

export interface Case {
  /** Of the table. */
  name: string
  transport: Transport
  catalogue: Catalogue
  /** Lines of each order. */
  lines: number
  load: Load
  limitSeconds: number
  /** Settings of the app. */
  env?: NodeJS.ProcessEnv
  goals: Goal[]
}

export interface Goal {
  id: string
  what: string
  of(figures: Figures): number | null
  /** What it is divided by: settled orders per second of the limit, or the same figure of another case. */
  per?: string
  least?: number
  most?: number
}

export interface Duration {
  seconds: number
  warmUpSeconds: number
  limitSeconds: number
}

const MANY = 1_000_000

const ofLimit = (id: string, least: number): Goal => ({
  id,
  what: 'settled/s ÷ limit',
  of: ({ settledPerSecond }) => settledPerSecond,
  per: 'limit',
  least,
})

const cpu = (most: number): Goal => ({
  id: 'B3',
  what: 'CPU ms per order',
  of: ({ cpuMicroseconds }) => {
    const { app, postgres, kafka } = cpuMicroseconds
    return app && postgres && (app + postgres + (kafka ?? 0)) / 1_000
  },
  most,
})

const p50 = (most: number): Goal => ({
  id: 'B2',
  what: 'p50 ms until final',
  of: ({ settledMs }) => settledMs.p50,
  most,
})

const p99 = (most: number): Goal => ({
  id: 'B2',
  what: 'p99 ms until final',
  of: ({ settledMs }) => settledMs.p99,
  most,
})

/** Connections of the closed loops, and the rates of the open loops with their bounds for p50 and p99. */
const CONNECTIONS = [32, 128]
const RATES = {
  embedded: [
    [100, 8, 30],
    [500, 10, 50],
    [1_000, 20, 120],
  ],
  kafka: [
    [100, 20, 60],
    [500, 25, 100],
    [1_000, 50, 200],
  ],
}

/** The blocks of each scenario. */
export const CASES = {
  closed: (transport: Transport, { seconds, warmUpSeconds, limitSeconds }: Duration): Case[] =>
    CONNECTIONS.map((connections) => ({
      name: `${connections} connections`,
      transport,
      catalogue: { skus: 100, stock: MANY },
      lines: 1,
      load: { connections, rate: 0, seconds, warmUpSeconds },
      limitSeconds,
      goals: [
        ofLimit('B1', transport === 'embedded' ? 0.45 : 0.35),
        { id: 'B1', what: 'p99 ms of POST', of: ({ httpMs }) => httpMs.p99, most: 100 },
        ...(transport === 'embedded' ? [cpu(0.8)] : []),
      ],
    })),

  open: (transport: Transport, { seconds, warmUpSeconds, limitSeconds }: Duration): Case[] =>
    RATES[transport].map(([rate, mostP50, mostP99]) => ({
      name: `${rate} orders/s`,
      transport,
      catalogue: { skus: 100, stock: MANY },
      lines: 1,
      load: { connections: null, rate, seconds, warmUpSeconds },
      limitSeconds,
      goals: [
        p50(mostP50),
        p99(mostP99),
        ...(transport === 'embedded' && rate === 100 ? [cpu(4.5)] : []),
      ],
    })),

  hot: (transport: Transport, { seconds, warmUpSeconds, limitSeconds }: Duration): Case[] => {
    const load = { connections: 32, rate: 0, seconds, warmUpSeconds }
    const hot = { transport, lines: 1, load, limitSeconds }
    return [
      {
        ...hot,
        name: 'one SKU',
        catalogue: { skus: 1, stock: MANY },
        goals: [ofLimit('B5', 0.4)],
      },
      {
        ...hot,
        name: 'one SKU, sold out',
        catalogue: { skus: 1, stock: 0 },
        goals: [
          {
            id: 'B5',
            what: 'settled/s ÷ settled/s of one SKU in stock',
            of: ({ settledPerSecond }) => settledPerSecond,
            per: 'one SKU',
            least: 0.8,
          },
        ],
      },
    ]
  },

  spread: (transport: Transport, { seconds, warmUpSeconds, limitSeconds }: Duration): Case[] => [
    {
      name: '10000 SKUs, 3 lines',
      transport,
      catalogue: { skus: 10_000, stock: MANY },
      lines: 3,
      load: { connections: 32, rate: 0, seconds, warmUpSeconds },
      limitSeconds,
      goals: [
        ofLimit('B6', 0.4),
        { id: 'B6', what: 'deadlocks', of: ({ deadlocks }) => deadlocks, most: 0 },
      ],
    },
  ],
} satisfies Record<string, (transport: Transport, duration: Duration) => Case[]>

export type BlockScenario = keyof typeof CASES
