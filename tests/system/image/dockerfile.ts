/*
 * What the project's Dockerfile says, as far as it says it: stages of FROM, WORKDIR, ENV, COPY, RUN and CMD.
 * Any other instruction that would change the image is an error, so that none is left out unseen.
 */

export interface Instruction {
  name: 'WORKDIR' | 'ENV' | 'COPY' | 'RUN' | 'CMD' | 'HEALTHCHECK'
  /** What follows the name, continuation lines joined. */
  text: string
}

export interface Stage {
  /** The name after AS; the last stage may have none. */
  name: string | null
  /** The image or stage that it begins with. */
  from: string
  instructions: Instruction[]
}

const READ = ['WORKDIR', 'ENV', 'COPY', 'RUN', 'CMD', 'HEALTHCHECK']
const WITHOUT_EFFECT_HERE = ['EXPOSE', 'USER']

/** @throws Error for an instruction that is not among those above */
export function readDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
  for (const line of lines) {
    const [, name, rest] = /^(\w+)\s+(.*)$/.exec(line)!
    if (name === 'FROM') {
      const [, from, as] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest)!
      stages.push({ name: as ?? null, from, instructions: [] })
    } else if (READ.includes(name)) {
      stages.at(-1)!.instructions.push({ name: name as Instruction['name'], text: rest })
    } else if (!WITHOUT_EFFECT_HERE.includes(name)) {
      throw new Error(`The tests cannot follow "${name}" in the Dockerfile.`)
    }
  }
  return stages
}

/** The command in its exec form: `CMD ["node", "bin/server.js"]`, also behind a HEALTHCHECK's options. */
export function commandIn(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('[')))
}
