import { uuidv7 } from 'uuidv7'
import { keyHash } from '#messaging/message/partition'

export interface Pending {
  id: string
  messageId: string
  key: string
  type: string
  json: string
}

export interface Line {
  sku: string
  quantity: number
}

/** What an idempotency key stores: as large as a real answer. */
export function answerOf({ id, lines }: { id: string; lines: Line[] }) {
  const money = { amount: 1_250, currency: 'EUR' }
  return JSON.stringify({
    ...{ id, number: 'Q-100000', status: 'pending', email: 'ada@example.com', name: 'Ada' },
    lines: lines.map((line) => ({ ...line, name: line.sku, unitPrice: money, total: money })),
    ...{ total: money, shortages: [], placedAt: '2026-01-01T00:00:00.000Z' },
  })
}

/** The four columns of new messages. */
export function messages(of: [key: string, data: object][]) {
  return [
    of.map(() => uuidv7()),
    of.map(([key]) => key),
    of.map(([key]) => keyHash(key)),
    of.map(([, data]) => JSON.stringify(data)),
  ]
}

export function columns<Row>(rows: Row[], ...names: (keyof Row)[]) {
  return names.map((name) => rows.map((row) => row[name]))
}

export function messageIds(batch: Pending[]) {
  return batch.map(({ messageId }) => messageId)
}
