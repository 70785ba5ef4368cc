import { on } from '#messaging/inbox/subscription'
import { parcelSent } from './messages.ts'

export const subscriptions = [
  on([parcelSent], async (messages, trx) => {
    for (const { key: number, data } of messages) {
      await trx.table('deliveries').insert({ number, grams: data.grams })
    }
  }),
]
