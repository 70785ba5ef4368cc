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
