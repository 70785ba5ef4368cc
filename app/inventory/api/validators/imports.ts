import vine from '@vinejs/vine'
import { strictObject, describe, text } from '#http/fields'
import { listParameters } from '#http/pagination'
import { ROW_STATES } from '../../imports/find_imports.ts'

/** The form fields that accompany the file. */
export const uploadValidator = vine.compile(
  vine.object({
    reference: text(64)
      .parse((value) => (value === '' ? undefined : value))
      .optional(),
  })
)

export const applicationValidator = vine.compile(
  strictObject({
    listSuspectSkus: vine
      .boolean({ strict: true })
      .use(describe('Also lists new SKUs that a spreadsheet may have changed (`suspect_sku`).'))
      .optional(),
  })
)

/** The form of the page, with its checkboxes. */
export const applicationFormValidator = vine.compile(
  vine.object({
    listSuspectSkus: vine.literal('on').optional(),
    /** The earlier booking of the same goods that the person confirmed. */
    again: vine.string().optional(),
  })
)

export const importRowsParameters = listParameters({
  state: vine.enum(ROW_STATES).use(describe('The outcome of the rows.')).optional(),
})
