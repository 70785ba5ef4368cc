import { installedVersion } from './binaries.ts'
import { clusterVersion } from './cluster.ts'
import { explained } from './embedded_postgres_error.ts'
import { canonical, findHome } from './home.ts'
import { lockHolder } from './owner_lock.ts'
import { currentPostmaster } from './postmaster.ts'

export type EmbeddedPostgresStatus = {
  state: 'running' | 'stopped' | 'absent'
  /** Process and port on 127.0.0.1 of the server; null unless it runs. */
  pid: number | null
  port: number | null
  /** Release of PostgreSQL, like "18.4"; null without a cluster. */
  version: string | null
  dataDir: string
  /** The living process that owns the server, usually `npm start`. */
  ownerPid: number | null
}

/** Changes nothing and takes no lock, so it also works while another process starts or stops the server. */
export async function embeddedPostgresStatus(
  dataDirOption: string
): Promise<EmbeddedPostgresStatus> {
  return explained(dataDirOption, async () => {
    const dataDir = await canonical(dataDirOption)
    const home = await findHome(dataDir)
    const major = await clusterVersion(home.clusterDir)
    const running = major === null ? null : await currentPostmaster(home.clusterDir)
    const installed = await installedVersion()
    return {
      state: major === null ? 'absent' : running ? 'running' : 'stopped',
      pid: running?.pid ?? null,
      port: running?.port ?? null,
      version: major !== null && installed?.startsWith(`${major}.`) ? installed : major,
      dataDir,
      ownerPid: await lockHolder(home.ownerFile),
    }
  })
}
