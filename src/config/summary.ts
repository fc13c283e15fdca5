import type { Config, HostAndPort } from './config.js';

/**
 * The adapter of each family, with its address and without credentials: one line for operators.
 *
 * @param simulatorUrl the address of the simulator, if it is used
 */
export function adaptersOf({ store, locks, media, livekit, dataDir }: Config, simulatorUrl?: string): Record<string, string> {
  return {
    store: store.kind === 'embedded' ? `LMDB in ${dataDir}` : `MongoDB at ${mongoHosts(store.uri)}, database ${store.dbName}`,
    locks: locks.kind === 'embedded' ? 'in this process' : `Redis at ${redisHosts(locks)}`,
    media:
      media.kind === 'embedded'
        ? `files in ${media.dir}${media.egressDir === media.dir ? '' : `, which the egress sees as ${media.egressDir}`}`
        : `S3 at ${media.endpoint}, bucket ${media.bucket}`,
    livekit: livekit.kind === 'embedded' ? `simulator at ${String(simulatorUrl)}` : `LiveKit at ${livekit.privateUrl}`,
  };
}

function mongoHosts(uri: string): string {
  return /^\w+(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]*)/.exec(uri)?.[1] ?? '';
}

function redisHosts({ host, port, sentinels, clusterNodes }: Extract<Config['locks'], { kind: 'real' }>): string {
  if (sentinels !== undefined) return `${joined(sentinels.addresses)} (Sentinel, master ${sentinels.masterName})`;
  return clusterNodes === undefined ? joined([{ host, port }]) : `${joined(clusterNodes)} (cluster)`;
}

function joined(addresses: readonly HostAndPort[]): string {
  return addresses.map(({ host, port }) => `${host}:${String(port)}`).join(', ');
}
