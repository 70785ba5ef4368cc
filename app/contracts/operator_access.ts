/** A token for a command that asks the apps by URL, as an operator would; good for a minute. */
export interface OperatorAccess {
  issue(): Promise<{ token: string; revoke(): Promise<void> }>
}

declare module '@adonisjs/core/types' {
  interface ContainerBindings {
    operatorAccess: OperatorAccess
  }
}
