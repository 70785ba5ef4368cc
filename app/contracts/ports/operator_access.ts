/** Issues a short-lived operator's token to a command that calls the API. */
export interface OperatorAccess {
  issue(): Promise<{ token: string; revoke(): Promise<void> }>
}

declare module '@adonisjs/core/types' {
  interface ContainerBindings {
    operatorAccess: OperatorAccess
  }
}
