import db from '@adonisjs/lucid/services/db'

export interface Said {
  id: string
  type: string
  at: Date
  /** Null while it is in the outbox. */
  publishedAt: Date | null
  partition: number | null
  offset: number | null
}

/** A message that inventory has said of a key, with its place in the topic. */
export async function findSaid(key: string | undefined, messageId: string): Promise<Said | null> {
  if (!key) return null
  return db
    .connection('inventory')
    .from('outbox')
    .where({ key, message_id: messageId })
    .orderBy('id')
    .select('message_id as id', 'type', 'created_at as at', 'published_at as publishedAt')
    .select('partition', 'offset')
    .first()
}
