import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bug } from './bugs.ts'

/**
 * @param app - the folder of the app
 * @returns the text of the bug's file, without the bug and with it
 * @throws Error when the bug's place does not occur exactly once
 */
export async function plant(app: string, { file, text, instead }: Bug) {
  const sound = await readFile(join(app, file), 'utf8')
  const times = sound.split(text).length - 1
  if (times !== 1) throw new Error(`${file} must contain this once, not ${times} times: ${text}`)
  return { sound, broken: sound.replace(text, () => instead) }
}
