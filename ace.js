/*
 * `node ace …` works with the machine's own Node.js: when that one is too old, the command runs again
 * under the Node.js that the project brings along as an npm package.
 */
import { fileURLToPath } from 'node:url'

// `node ace … | head` closes our output early: that is no error.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

if (Number(process.versions.node.split('.')[0]) < 24) {
  const { spawn } = await import('node:child_process')
  const { constants } = await import('node:os')
  const node = fileURLToPath(new URL('./node_modules/node/bin/node', import.meta.url))
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' })
  // A terminal sends SIGINT to the child as well; the others are passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', () => {
    console.error('Quartermaster needs Node.js 24 or newer. Run "npm ci": it brings one along.')
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
} else {
  await import('@poppinss/ts-exec')
  await import('./bin/console.js')
}
