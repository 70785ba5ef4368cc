import vine from '@vinejs/vine'
import { defineMessage } from '#messaging/message/message'

export const parcelSent = defineMessage({
  module: 'parcels',
  type: 'parcel_sent',
  version: 1,
  data: vine.compile(vine.object({ grams: vine.number({ strict: true }) })),
})
