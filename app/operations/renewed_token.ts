import type { OperatorAccess } from '#contracts/ports/operator_access'

/** Half of a token's life: a request that has just begun ends in time. */
const RENEWED_AFTER_MS = 30_000

/** An operator's token for work that may outlive one token. */
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
