import vine from '@vinejs/vine'
import { closed, email, text } from '#http/fields'

export const password = () => vine.string().minLength(10).maxLength(200)

export const signUpValidator = vine.compile(
  closed({
    email: email(),
    password: password(),
    name: text(200),
  })
)

export const logInValidator = vine.compile(
  closed({ email: email(), password: vine.string().minLength(1).maxLength(200) })
)

export const deskLogInValidator = vine.compile(
  vine.object({ email: email(), password: vine.string().minLength(1).maxLength(200) })
)

/** A form that travels through the sign-in, as `formOf` of app/admin/failed_page.ts writes it. */
export const keptFormValidator = vine.compile(
  vine.object({
    action: vine.string(),
    upload: vine.boolean().optional(),
    fields: vine.array(vine.object({ name: vine.string(), value: vine.string() })),
  })
)
