/*
 * Types of settings: each reads the text of an environment variable, and throws an error that names the variable, what is
 * wrong with its value, and a valid example.
 */

/** The error for a value that does not meet a requirement. */
export function invalid(name: string, value: string | undefined, requirement: string) {
  const found = value === undefined ? 'missing' : `"${value}"`
  return new Error(`${name} is ${found}, but must be ${requirement}`)
}

export const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** "30s", "5m", "7d" → milliseconds. */
export function duration(fallback: string) {
  return (name: string, value = fallback) => {
    const match = /^(\d+)(ms|s|m|h|d)$/.exec(value)
    if (!match) throw invalid(name, value, `a duration such as ${fallback}`)
    return Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS]
  }
}

/** A duration with a lower bound. */
export function atLeast(least: string, fallback: string) {
  const read = duration(fallback)
  return (name: string, value?: string) => {
    const milliseconds = read(name, value)
    if (milliseconds >= duration(least)(name)) return milliseconds
    throw invalid(name, value, `at least ${least}, such as ${fallback}`)
  }
}

/** A whole number in a range. */
export function integer(fallback: number, { min, max }: { min: number; max: number }) {
  return (name: string, value = String(fallback)) => {
    const number = Number(value)
    if (!Number.isInteger(number) || number < min || number > max) {
      throw invalid(name, value, `a whole number from ${min} to ${max}, such as ${fallback}`)
    }
    return number
  }
}

/** A whole number in a range; undefined if it is not set. */
export function optionalInteger(range: { min: number; max: number }) {
  return (name: string, value?: string) =>
    value ? integer(range.min, range)(name, value) : undefined
}

/** One of several words. */
export function oneOf<T extends string>(choices: readonly T[], fallback?: T) {
  return (name: string, value: string | undefined = fallback): T => {
    if (!choices.includes(value as T)) throw invalid(name, value, `one of ${choices.join(', ')}`)
    return value as T
  }
}

/** A URL; undefined if it is not set. */
export function url(protocols: string[], example: string) {
  return (name: string, value?: string) => {
    if (!value) return undefined
    const parsed = URL.canParse(value) ? new URL(value) : null
    if (!parsed || !protocols.includes(parsed.protocol)) {
      // The value may hold a password, so the message does not repeat it.
      throw new Error(
        `${name} must be a URL that begins with ${protocols.join('// or ')}//. Example: ${example}`
      )
    }
    return value
  }
}

export const text = (fallback: string) => (_: string, value?: string) => value ?? fallback
export const optionalText = (_: string, value?: string) => value || undefined

/** A whole number of at least 1, null for `off`. */
export function limit(fallback: number, of: string) {
  return (name: string, value?: string) => {
    if (value === 'off') return null
    const number = Number(value || fallback)
    if (!Number.isInteger(number) || number < 1) {
      throw invalid(name, value, `a whole number of ${of}, such as ${fallback}, or off`)
    }
    return number
  }
}

/** The entries of a list that is separated by commas. */
export function entries(value?: string) {
  return value ? value.split(',').map((entry) => entry.trim()) : []
}
