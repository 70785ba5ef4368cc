import type { OperatorAccess } from '#contracts/ports/operator_access'

/** Half of a token's lifetime, so that a request never uses an expired one. */
const RENEWED_AFTER_MS = 30_000

/** Renews an operator's token during long work. */
export class RenewedToken {
  readonly #access: OperatorAccess
  readonly #renewedAfter: number
  #issued: { token: string; at: number; revoke(): Promise<void> } | null = null

  constructor(access: OperatorAccess, renewedAfter = RENEWED_AFTER_MS) {
    this.#access = access
    this.#renewedAfter = renewedAfter
  }

  /** @returns a token that is valid for at least half a minute */
  async current(): Promise<string> {
    if (!this.#issued || Date.now() - this.#issued.at >= this.#renewedAfter) {
      const at = Date.now()
      const issued = { ...(await this.#access.issue()), at }
      await this.revoke()
      this.#issued = issued
    }
    return this.#issued!.token
  }

  async revoke() {
    const issued = this.#issued
    this.#issued = null
    await issued?.revoke()
  }
}
