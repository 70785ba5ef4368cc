import vine from '@vinejs/vine'
import { says, text } from '#http/fields'
import { listParameters } from '#http/pages'
import { ROW_STATES } from '../imports/find_imports.ts'

/** The fields of a form beside its file. */
export const uploadValidator = vine.compile(
  vine.object({
    reference: text(64)
      .parse((value) => (value === '' ? undefined : value))
      .optional(),
  })
)

/** Of the rows of an import. */
export const importRowsParameters = listParameters({
  state: vine.enum(ROW_STATES).use(says('What has become of them.')).optional(),
})
