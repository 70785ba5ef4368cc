/*
 * Input of the pages. A form sends an empty string for an empty field.
 */
import vine from '@vinejs/vine'
import { email, linklessText, search, text, verbatim } from '#http/fields'
import { day } from '#http/list_parameters'
import { STAFF_ROLES } from '../people/change_role.ts'
import { password } from '../api/validators.ts'

/** IANA names, UTC first. */
export const TIME_ZONES = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
]

const empty = (value: unknown) => (value === '' ? undefined : value)
const id = () => vine.string().uuid()

export const logInFormValidator = vine.compile(
  vine.object({ email: email(), password: vine.string().minLength(1).maxLength(200) })
)

/** A form that is kept during the sign-in, as `formOf` in app/admin/failed_page.ts returns it. */
export const keptFormValidator = vine.compile(
  vine.object({
    action: vine.string(),
    upload: vine.boolean().optional(),
    fields: vine.array(vine.object({ name: vine.string(), value: vine.string() })),
  })
)

export const peopleFilterValidator = vine.compile(
  vine.object({
    q: search().parse(empty).optional(),
    show: vine
      .enum([...STAFF_ROLES, 'service', 'disabled'] as const)
      .parse(empty)
      .optional(),
  })
)

export const invitationFormValidator = vine.compile(
  vine.object({ email: email(), name: linklessText(200), role: vine.enum(STAFF_ROLES) })
)

export const nameFormValidator = vine.compile(vine.object({ name: linklessText(64) }))

export const roleFormValidator = vine.compile(vine.object({ role: vine.enum(STAFF_ROLES) }))

export const idValidator = vine.compile(vine.object({ id: id() }))

export const tokenValidator = vine.compile(vine.object({ id: id(), token: id() }))

export const newPasswordFormValidator = vine.compile(vine.object({ password: password() }))

export const passwordFormValidator = vine.compile(
  vine.object({
    currentPassword: vine.string().minLength(1).maxLength(200),
    newPassword: password(),
  })
)

export const timeZoneFormValidator = vine.compile(
  vine.object({ timeZone: vine.enum(TIME_ZONES).parse(empty).optional() })
)

export const auditFilterValidator = vine.compile(
  vine.object({
    person: id().parse(empty).optional(),
    act: text(100).parse(empty).optional(),
    thing: verbatim(200).parse(empty).optional(),
    from: day(),
    to: day(),
  })
)
