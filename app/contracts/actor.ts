/** Who did it. `name` is for people; `id` is the account's, null for the system. */
export interface Actor {
  kind: 'customer' | 'staff' | 'service' | 'system'
  id: string | null
  name: string | null
}

export const ROLES = ['customer', 'clerk', 'operator', 'admin', 'service'] as const
export type Role = (typeof ROLES)[number]

/** Whether it is a role of people who work here. */
export function isStaff(role: Role) {
  return role === 'clerk' || role === 'operator' || role === 'admin'
}

/** The account behind a request. */
export interface SignedIn {
  id: string
  role: Role
  /** Null for a service that has none. */
  email: string | null
  name: string
  /** IANA name, of those who work at the pages; null for the one in TIME_ZONE. */
  timeZone?: string | null
}

/** What a request was signed in with. */
export interface SignIn {
  /**
   * Calls back once, when it has ended: expired, revoked, or the account gone. Within seconds, also when
   * another process has ended it.
   *
   * @returns how to stop watching
   */
  whenEnded(listener: () => void): () => void
  /** An address with a ticket in place of the token, for reading this path and nothing else. */
  ticketFor(path: string): { url: string; expiresAt: string }
}

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** Set on every route but the open ones, as is `signIn`. */
    account: SignedIn
    signIn: SignIn
    /** The status of the refusal, where a page answers one by going back to its form. */
    refusedWith?: number
    /**
     * For the audit, by those who know: what is acted on, by the name that counts, also where the address
     * names it otherwise or not at all. Of several, all.
     */
    thing?: string | string[]
  }
}

export const SYSTEM: Actor = { kind: 'system', id: null, name: null }

export function actorOf({ id, role, name }: SignedIn): Actor {
  if (role === 'customer' || role === 'service') return { kind: role, id, name }
  return { kind: 'staff', id, name }
}
