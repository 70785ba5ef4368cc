/** Who did it. `name` is for people; `id` is the account's, null for the system. */
export interface Actor {
  kind: 'customer' | 'staff' | 'service' | 'system'
  id: string | null
  name: string | null
}

export type Role = 'customer' | 'clerk' | 'operator' | 'admin' | 'service'

/** The account behind a request. */
export interface SignedIn {
  id: string
  role: Role
  /** Null for a service that has none. */
  email: string | null
  name: string
}

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** Set on every route but the open ones. */
    account: SignedIn
  }
}

export const SYSTEM: Actor = { kind: 'system', id: null, name: null }

export function actorOf({ id, role, name }: SignedIn): Actor {
  if (role === 'customer' || role === 'service') return { kind: role, id, name }
  return { kind: 'staff', id, name }
}
