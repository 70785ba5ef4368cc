/** Who made a change. `name` is for display; `id` is the account's id, null for the system. */
export interface Actor {
  kind: 'customer' | 'staff' | 'service' | 'system'
  id: string | null
  name: string | null
}

export const ROLES = ['customer', 'clerk', 'operator', 'admin', 'service'] as const
export type Role = (typeof ROLES)[number]

/** Whether the role belongs to staff. */
export function isStaff(role: Role) {
  return role === 'clerk' || role === 'operator' || role === 'admin'
}

/** The account behind a request. */
export interface SignedIn {
  id: string
  role: Role
  /** Null for services. */
  email: string | null
  name: string
  /** IANA name of the time zone of a staff member; null for the setting TIME_ZONE. */
  timeZone?: string | null
}

/** The credential of a request. */
export interface SignIn {
  /**
   * Calls back once, when the credential has expired or was revoked, within seconds, also if another process
   * revoked it.
   *
   * @returns a function that stops watching
   */
  whenEnded(listener: () => void): () => void
  /** A URL with a ticket in place of the token. It gives access to this path only. */
  ticketFor(path: string): { url: string; expiresAt: string }
}

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** Set on all routes except public ones, as is `signIn`. */
    account: SignedIn
    signIn: SignIn
    /** The status of a rejected form, whose response is a redirect. */
    refusedWith?: number
    /**
     * The canonical id, SKU or e-mail that this request acts on, for the audit. Handlers set it where the
     * URL has another spelling of it, none, or several.
     */
    auditSubject?: string | string[]
  }
}

export const SYSTEM: Actor = { kind: 'system', id: null, name: null }

export function actorOf({ id, role, name }: SignedIn): Actor {
  if (role === 'customer' || role === 'service') return { kind: role, id, name }
  return { kind: 'staff', id, name }
}
