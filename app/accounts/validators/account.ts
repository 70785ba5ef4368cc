import vine from '@vinejs/vine'
import { strictObject, email, linklessText } from '#http/fields'

export const password = () => vine.string().minLength(10).maxLength(200)

export const signUpValidator = vine.compile(
  strictObject({
    email: email(),
    password: password(),
    name: linklessText(200),
  })
)

export const logInValidator = vine.compile(
  strictObject({ email: email(), password: vine.string().minLength(1).maxLength(200) })
)

export const deskLogInValidator = vine.compile(
  vine.object({ email: email(), password: vine.string().minLength(1).maxLength(200) })
)

/** A form that is kept through the sign-in, as `formOf` in app/admin/failed_page.ts writes it. */
export const keptFormValidator = vine.compile(
  vine.object({
    action: vine.string(),
    upload: vine.boolean().optional(),
    fields: vine.array(vine.object({ name: vine.string(), value: vine.string() })),
  })
)
