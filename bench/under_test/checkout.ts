import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** This repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The source code that an app runs from. */
export interface Checkout {
  root: string
  /** Whether it is compiled, as in production, or runs from TypeScript, as `npm start` does. */
  compiled: boolean
}

export const fromSource: Checkout = { root: ROOT, compiled: false }

/** The folder of `ace.js`. */
export function homeOf({ root, compiled }: Checkout) {
  return compiled ? join(root, 'build') : root
}

/** Arguments of Node.js that start the server. */
export function serverOf({ compiled }: Checkout) {
  return compiled ? ['bin/server.js'] : ['--import=@poppinss/ts-exec', 'bin/server.ts']
}

/**
 * Compiles the checkout, unless its build is newer than its source.
 *
 * @throws Error with what the compiler printed
 */
export async function compile(root: string): Promise<Checkout> {
  const checkout = { root, compiled: true }
  if (isCompiled(root)) return checkout
  console.error(`… compiling ${root}`)
  const { code, printed } = await node(['ace.js', 'build'], root, process.env)
  if (code !== 0) throw new Error(`node ace build fails:\n${printed}`)
  return checkout
}

function isCompiled(root: string) {
  const built = statSync(join(root, 'build/ace.js'), { throwIfNoEntry: false })?.mtimeMs
  if (!built) return false
  const sources = globSync(
    ['{app,start,config,database,bin}/**/*.{ts,edge,css,js,json}', '*.{json,ts}', '.git/HEAD'],
    { cwd: root }
  )
  return sources.every((file) => statSync(join(root, file)).mtimeMs < built)
}

/** Runs Node.js. @returns its exit code, and what it printed */
export async function node(args: string[], cwd: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, args, { cwd, env })
  let printed = ''
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    printed += chunk
  })
  child.stderr.on('data', (chunk) => (printed += chunk))
  const [code] = await once(child, 'close')
  return { code: (code ?? -1) as number, printed, output }
}
