/*
 * What docker-compose.yml says of its services, with `${NAME:-default}` filled in.
 */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'

export interface Service {
  command?: string[]
  /** Null: handed on from the environment. */
  environment?: Record<string, string | null>
  healthcheck: { test: string[] }
  depends_on?: Record<string, { condition: string }>
}

/** @param env - what is set where `docker compose` is called */
export async function readCompose(
  file: string,
  env: Record<string, string>
): Promise<Record<string, Service>> {
  const { services } = parse(fillIn(await readFile(file, 'utf8'), env))
  for (const { environment = {} } of Object.values<Service>(services)) {
    for (const [name, value] of Object.entries(environment)) environment[name] = value ?? env[name]
  }
  return services
}

/** From the inside out: a default may name another setting. */
function fillIn(text: string, env: Record<string, string>): string {
  const filled = text.replace(
    /\$\{(\w+)(?::-([^${}]*))?\}/g,
    (_, name, otherwise) => env[name] || (otherwise ?? '')
  )
  return filled === text ? text : fillIn(filled, env)
}
