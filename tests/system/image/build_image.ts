/*
 * Builds what the Dockerfile builds, without Docker: each stage is a folder, COPY copies between them, and
 * RUN runs in a shell there. The two commands that are not run as written are named here.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { copyBuildContext } from './build_context.ts'
import { commandIn, readDockerfile, type Instruction, type Stage } from './dockerfile.ts'

/** Replaced by a link to the packages that run this test: they come from the same lock file. */
const DEVELOPMENT_INSTALL = 'npm ci --no-audit --no-fund'

/** Left out: it needs root in a container. The test has a data folder of its own. */
const DATA_FOLDER = 'mkdir /data && chown node:node /data'

/** A stage so far, or the whole image. */
export interface Image {
  /** The folder that stands for `/`. */
  root: string
  workdir: string
  /** What ENV sets. */
  env: Record<string, string>
  /** The server's command, and the one that asks for its health; empty where none is set. */
  command: string[]
  healthcheck: string[]
}

/**
 * @param project - the working tree, with its packages installed
 * @param into - an empty folder
 * @param env - for the commands: the PATH with the project's Node.js first
 * @returns the last stage
 * @throws Error with all that a command printed when it fails
 */
export async function buildImage(
  project: string,
  into: string,
  env: Record<string, string>
): Promise<Image> {
  const context = join(into, 'context')
  await copyBuildContext(project, context)
  const stages = readDockerfile(await readFile(join(project, 'Dockerfile'), 'utf8'))
  const built = new Map<string, Promise<Image>>()

  /** Stages that do not need each other are built at the same time, as Docker does. */
  function stageNamed(name: string): Promise<Image> {
    const stage = stages.find((each) => each.name === name)
    if (!stage) return Promise.resolve(emptyImage(join(into, 'base')))
    if (!built.has(name)) built.set(name, build(stage))
    return built.get(name)!
  }

  async function build(stage: Stage): Promise<Image> {
    const base = await stageNamed(stage.from)
    const image = { ...emptyImage(join(into, stage.name ?? 'image')), env: { ...base.env } }
    image.workdir = base.workdir
    await mkdir(join(image.root, image.workdir), { recursive: true })
    // What a stage copies from others is built meanwhile.
    for (const { text } of stage.instructions) void sourceStage(text)?.catch(() => {})
    for (const instruction of stage.instructions) await follow(instruction, image)
    return image
  }

  function sourceStage(text: string) {
    const name = /^--from=(\S+)/.exec(text)?.[1]
    return name ? stageNamed(name) : null
  }

  async function follow({ name, text }: Instruction, image: Image) {
    if (name === 'WORKDIR') image.workdir = text
    if (name === 'ENV') Object.assign(image.env, settingsIn(text))
    if (name === 'CMD') image.command = commandIn(text)
    if (name === 'HEALTHCHECK') image.healthcheck = commandIn(text)
    const here = join(image.root, image.workdir)
    await mkdir(here, { recursive: true })
    if (name === 'COPY') {
      const source = await sourceStage(text)
      const paths = text.split(/\s+/).filter((part) => !part.startsWith('--'))
      const target = paths.pop()!
      for (const path of paths) {
        const from = join(source ? source.root : context, path)
        const toFolder = paths.length > 1 && target.endsWith('/')
        await cp(from, join(here, target, toFolder ? basename(path) : ''), { recursive: true })
      }
    }
    if (name !== 'RUN' || text === DATA_FOLDER) return
    if (text === DEVELOPMENT_INSTALL) {
      return symlink(join(project, 'node_modules'), join(here, 'node_modules'))
    }
    await promisify(execFile)('sh', ['-c', text], {
      cwd: here,
      env: { ...env, ...image.env, npm_config_prefer_offline: 'true' },
    }).catch((error) => {
      throw new Error(`RUN ${text}: ${error.message}\n${error.stdout}`, { cause: error })
    })
  }

  return build(stages.at(-1)!)
}

function emptyImage(root: string): Image {
  return { root, workdir: '/', env: {}, command: [], healthcheck: [] }
}

/** `A=1 B=2`, without quotes. */
function settingsIn(text: string) {
  return Object.fromEntries(text.split(/\s+/).map((setting) => setting.split(/=(.*)/s)))
}
