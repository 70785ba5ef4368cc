import { randomBytes } from 'node:crypto'
import { flags } from '@adonisjs/core/ace'
import { UsageError } from '#console/exit_codes'
import { ReportCommand } from '#console/report_command'
import { ROLES, type Role } from '#contracts/actor'
import { addressFaultOf, composed, faultOf, isBlank } from '#http/characters'

export default class AccountsCreate extends ReportCommand {
  static commandName = 'accounts:create'
  static description = 'Create an account'
  static help = [
    'Asks for the password. Without a terminal, or with --json, it generates one and prints it once.',
    'Example: node ace accounts:create --email=ada@example.com --role=admin --token',
    'Example: node ace accounts:create --role=service --name=shop --token --json',
  ]

  @flags.string({ description: 'E-mail address to sign in with; not needed for a service' })
  declare email?: string

  @flags.string({ description: `One of ${ROLES.join(', ')}` })
  declare role?: string

  @flags.string({ description: 'Display name (default: the e-mail address)' })
  declare name?: string

  @flags.boolean({ description: 'Create an access token and print it' })
  declare token: boolean

  async execute() {
    this.email &&= composed(this.email.trim())
    this.name &&= composed(this.name.trim())
    const role = this.role as Role
    if (!ROLES.includes(role)) throw new UsageError(`--role must be one of ${ROLES.join(', ')}.`)
    if (!this.email && role !== 'service') {
      throw new UsageError('--email is missing. Example: --email=ada@example.com')
    }
    if (this.email && !/^[^\s@]+@[^\s@]+$/.test(this.email)) {
      throw new UsageError(`--email: "${this.email}" is not an e-mail address.`)
    }
    for (const flag of ['email', 'name'] as const) {
      const text = this[flag] ?? ''
      const fault = flag === 'email' ? addressFaultOf(text) : faultOf(text)
      const detail = fault?.detail ?? (text && isBlank(text) && 'must not be blank')
      if (detail) throw new UsageError(`--${flag} ${detail}.`)
    }
    await this.#create(role)
  }

  async #create(role: Role) {
    const { createAccount } = await import('../sign_in/sign_up.ts')
    const { issueToken } = await import('../credentials/tokens.ts')
    const { tokenDays } = await import('#config/auth')
    const password = this.email ? await this.#password() : null
    const account = await createAccount({
      email: this.email ?? null,
      name: this.name ?? this.email ?? role,
      password: password?.text ?? null,
      role,
    })
    const days = role === 'service' ? null : tokenDays
    const issued = this.token ? await issueToken(account, days) : null
    const { id, email, name } = account
    const made = password?.made ? password.text : null
    const { token, expiresAt } = issued ?? { token: null, expiresAt: null }
    this.print({ id, email, name, role, password: made, token, expiresAt }, () => [
      `Created the ${role} ${name} (${id}).`,
      ...(made ? [`Password: ${made}`] : []),
      ...(token ? [`Token: ${token}  (expires: ${expiresAt ?? 'never'})`] : []),
    ])
  }

  async #password() {
    if (process.stdin.isTTY && !this.json) {
      const text = await this.prompt.secure('Password, at least 10 characters', {
        validate: (value) => value.length >= 10 || 'at least 10 characters',
      })
      return { text, made: false }
    }
    return { text: randomBytes(12).toString('base64url'), made: true }
  }
}
