import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';

import { environmentSchema, type Environment, type LOG_LEVELS } from './config-schema.js';
import { InvalidInputError } from './errors.js';

/** What LiveKit's own examples use; anybody can guess it. */
const DEFAULT_LIVEKIT_SECRET = 'secret';

export interface Timers {
  startTimeoutMs: number;
  stopTimeoutMs: number;
  uploadBudgetMs: number;
  reconcileIntervalMs: number;
  suspectRecheckMs: number;
  recorderGoneMs: number;
  dueIntervalMs: number;
  lockTtlMs: number;
  lockKeeperIntervalMs: number;
  lockGcIntervalMs: number;
  lockGraceMs: number;
  staleIntervalMs: number;
  staleAfterMs: number;
  roomExpiryIntervalMs: number;
  minAutoDeletionLeadMs: number;
}

export type LiveKitConfig =
  /** The simulator. Without a secret its owner generates one. */
  | { kind: 'embedded'; port: number; apiKey: string; apiSecret?: string }
  | { kind: 'real'; url: string; privateUrl: string; apiKey: string; apiSecret: string };

export type StoreConfig = { kind: 'embedded' } | { kind: 'real'; uri: string; dbName: string };

export interface HostAndPort {
  host: string;
  port: number;
}

export type LocksConfig =
  | { kind: 'embedded' }
  | ({
      kind: 'real';
      username?: string;
      password?: string;
      db: number;
      sentinels?: { hosts: string; masterName: string; password: string };
      /** Some nodes of a cluster, `host:port` and comma-separated. */
      clusterNodes?: string;
      /** Without a file the authorities that Node knows count. */
      tls?: { caFile?: string };
    } & HostAndPort);

export type SseConfig =
  | { type: 'SSE-S3' }
  | { type: 'SSE-KMS'; keyId?: string; context?: Readonly<Record<string, string>> }
  /** 32 bytes in base64. */
  | { type: 'SSE-C'; customerKey: string };

export type MediaConfig =
  /** One folder, as we see it and as the egress sees it. */
  | { kind: 'embedded'; dir: string; egressDir: string }
  | {
      kind: 'real';
      bucket: string;
      subfolder: string;
      endpoint: string;
      region: string;
      /** Both keys empty: the machine's role is used. */
      accessKey: string;
      secretKey: string;
      pathStyle: boolean;
      sse?: SseConfig;
      /** Players are sent to the bucket by URLs of this endpoint that work for so long. */
      links?: { endpoint: string; ttlMs: number };
    };

/** The whole configuration, frozen. Paths are absolute. */
export interface Config {
  instanceId: string;
  /** Our mark in LiveKit's room metadata. */
  projectId: string;
  dataDir: string;
  /** Absent: generate one. */
  initialApiKey?: string;
  logLevel: (typeof LOG_LEVELS)[number];
  http: {
    host: string;
    /** 0: any free one. */
    port: number;
    corsOrigin: string;
    trustedProxyHops: number;
    /** Without a trailing slash. */
    baseUrl?: string;
  };
  store: StoreConfig;
  locks: LocksConfig;
  media: MediaConfig;
  livekit: LiveKitConfig;
  timers: Timers;
}

/**
 * The configuration that an environment describes. A variable that is empty counts as unset.
 *
 * @throws InvalidInputError with one clear line; `details.issues` names each variable
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const isSet = ([name, value]: [string, string | undefined]) =>
    value !== undefined && (value.trim() !== '' || MEANT_WHEN_EMPTY.has(name));
  const given = Object.fromEntries(Object.entries(env).filter(isSet));
  const { data, error } = environmentSchema.safeParse(given);
  if (error !== undefined) throw refusal(error.issues.map(({ path: [name], message }) => ({ field: String(name), message })));
  refuseMissingAdapters(data, given);
  const config = toConfig(data, given);
  refuseUnsafe(data, config);
  return deepFreeze(config);
}

/** Empty is a value for these: it asks for the credentials of the machine's role, or for none. */
const MEANT_WHEN_EMPTY = new Set(['MEET_S3_ACCESS_KEY', 'MEET_S3_SECRET_KEY', 'MEET_REDIS_PASSWORD']);

function toConfig(values: Environment, given: Record<string, unknown>): Config {
  const dataDir = path.resolve(values.TALLY_DATA_DIR);
  const store = toStore(values, given);
  return {
    instanceId: values.TALLY_INSTANCE_ID ?? `${hostname()}-${randomBytes(4).toString('hex')}`,
    projectId: values.MEET_NAME_ID,
    dataDir,
    ...(values.MEET_INITIAL_API_KEY !== undefined && { initialApiKey: values.MEET_INITIAL_API_KEY }),
    logLevel: values.MEET_LOG_LEVEL,
    http: {
      host: values.TALLY_HOST,
      port: values.SERVER_PORT,
      corsOrigin: values.SERVER_CORS_ORIGIN,
      trustedProxyHops: values.TALLY_TRUST_PROXY ?? (store.kind === 'real' ? 1 : 0),
      ...(values.MEET_BASE_URL !== undefined && { baseUrl: values.MEET_BASE_URL }),
    },
    store,
    locks: toLocks(values, given),
    media: toMedia(values, given, dataDir),
    livekit: toLiveKit(values, given),
    timers: toTimers(values),
  };
}

/** What is said by name, else `real` as soon as any variable of the family is set. */
function choose(named: 'embedded' | 'real' | undefined, family: RegExp, given: Record<string, unknown>): 'embedded' | 'real' {
  return named ?? (Object.keys(given).some((name) => family.test(name)) ? 'real' : 'embedded');
}

function toStore(values: Environment, given: Record<string, unknown>): StoreConfig {
  if (choose(values.TALLY_STORE, /^MEET_MONGO_/, given) === 'embedded') return { kind: 'embedded' };
  return { kind: 'real', uri: values.MEET_MONGO_URI ?? mongoUri(values), dbName: values.MEET_MONGO_DB_NAME };
}

function mongoUri(values: Environment): string {
  const nodes = values.MEET_MONGO_NODES.split(',').map((node) => node.trim());
  const user = encodeURIComponent(values.MEET_MONGO_ADMIN_USERNAME);
  const password = encodeURIComponent(values.MEET_MONGO_ADMIN_PASSWORD);
  const hosts = nodes.map((node) => `${node}:${values.MEET_MONGO_PORT}`).join(',');
  const isLocal = nodes.length === 1 && ['localhost', '127.0.0.1'].includes(nodes[0] ?? '');
  const direct = isLocal ? '&directConnection=true' : '';
  const set = encodeURIComponent(values.MEET_MONGO_REPLICA_SET_NAME);
  return `mongodb://${user}:${password}@${hosts}/?replicaSet=${set}&readPreference=primaryPreferred${direct}`;
}

function toLocks(values: Environment, given: Record<string, unknown>): LocksConfig {
  if (choose(values.TALLY_LOCKS, /^(MEET|TALLY)_REDIS_/, given) === 'embedded') return { kind: 'embedded' };
  const { MEET_REDIS_SENTINEL_HOST_LIST: hosts, MEET_REDIS_SENTINEL_PASSWORD: sentinelPassword } = values;
  if (hosts !== undefined && sentinelPassword === undefined) {
    throw refusal([{ field: 'MEET_REDIS_SENTINEL_PASSWORD', message: 'must be set with MEET_REDIS_SENTINEL_HOST_LIST' }]);
  }
  const clusterNodes = toClusterNodes(values);
  const tls = toTls(values);
  return {
    kind: 'real',
    host: values.MEET_REDIS_HOST,
    port: values.MEET_REDIS_PORT,
    ...(values.MEET_REDIS_USERNAME !== undefined && { username: values.MEET_REDIS_USERNAME }),
    ...(values.MEET_REDIS_PASSWORD !== '' && { password: values.MEET_REDIS_PASSWORD }),
    db: values.MEET_REDIS_DB,
    ...(hosts !== undefined &&
      sentinelPassword !== undefined && {
        sentinels: { hosts, masterName: values.MEET_REDIS_SENTINEL_MASTER_NAME, password: sentinelPassword },
      }),
    ...(clusterNodes !== undefined && { clusterNodes }),
    ...(tls !== undefined && { tls }),
  };
}

function toClusterNodes(values: Environment): string | undefined {
  const { TALLY_REDIS_CLUSTER_NODES: nodes } = values;
  if (nodes === undefined) return undefined;
  const field = 'TALLY_REDIS_CLUSTER_NODES';
  if (values.MEET_REDIS_SENTINEL_HOST_LIST !== undefined) {
    throw refusal([{ field, message: 'cannot be used with MEET_REDIS_SENTINEL_HOST_LIST: Redis is one or the other' }]);
  }
  if (values.MEET_REDIS_DB !== 0) throw refusal([{ field, message: 'needs MEET_REDIS_DB=0: a cluster has no other database' }]);
  return nodes;
}

function toTls({ TALLY_REDIS_TLS: tls, TALLY_REDIS_TLS_CA: caFile }: Environment): { caFile?: string } | undefined {
  if (tls === 'true') return caFile === undefined ? {} : { caFile: path.resolve(caFile) };
  if (caFile !== undefined) throw refusal([{ field: 'TALLY_REDIS_TLS_CA', message: 'goes with TALLY_REDIS_TLS=true only' }]);
  return undefined;
}

function toMedia(values: Environment, given: Record<string, unknown>, dataDir: string): MediaConfig {
  if (choose(values.TALLY_MEDIA, /^MEET_S3_|^MEET_BLOB_STORAGE_MODE$/, given) === 'embedded') {
    if (values.TALLY_MEDIA_DELIVERY === 'redirect') {
      throw refusal([{ field: 'TALLY_MEDIA_DELIVERY=redirect', message: 'needs an S3 bucket: files on disk have no URL' }]);
    }
    const dir = values.TALLY_MEDIA_DIR === undefined ? path.join(dataDir, 'media') : path.resolve(values.TALLY_MEDIA_DIR);
    return { kind: 'embedded', dir, egressDir: values.TALLY_EGRESS_MEDIA_DIR ?? dir };
  }
  const sse = toSse(values);
  const links = toLinks(values);
  return {
    kind: 'real',
    bucket: values.MEET_S3_BUCKET,
    subfolder: values.MEET_S3_SUBBUCKET,
    endpoint: values.MEET_S3_SERVICE_ENDPOINT,
    region: values.MEET_AWS_REGION,
    accessKey: values.MEET_S3_ACCESS_KEY,
    secretKey: values.MEET_S3_SECRET_KEY,
    pathStyle: values.MEET_S3_WITH_PATH_STYLE_ACCESS === 'true',
    ...(sse !== undefined && { sse }),
    ...(links !== undefined && { links }),
  };
}

function toLinks(values: Environment): { endpoint: string; ttlMs: number } | undefined {
  if (values.TALLY_MEDIA_DELIVERY === 'proxy') return undefined;
  if (values.MEET_S3_SSE_TYPE === 'SSE-C') {
    const message = 'cannot be used with MEET_S3_SSE_TYPE=SSE-C: a player has no key to send';
    throw refusal([{ field: 'TALLY_MEDIA_DELIVERY=redirect', message }]);
  }
  return {
    endpoint: values.TALLY_S3_PUBLIC_ENDPOINT ?? values.MEET_S3_SERVICE_ENDPOINT,
    ttlMs: values.TALLY_MEDIA_URL_TTL_MS,
  };
}

/** @throws InvalidInputError settings of one type beside another, a type without what it needs */
function toSse(values: Environment): SseConfig | undefined {
  const { MEET_S3_SSE_TYPE: type, TALLY_S3_SSE_CUSTOMER_KEY: customerKey } = values;
  const { MEET_S3_SSE_KMS_KEY_ID: keyId, MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: context } = values;
  const ownedBy = {
    MEET_S3_SSE_KMS_KEY_ID: 'SSE-KMS',
    MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: 'SSE-KMS',
    TALLY_S3_SSE_CUSTOMER_KEY: 'SSE-C',
  } as const;
  const strangers = Object.entries(ownedBy).filter(
    ([field, owner]) => values[field as keyof typeof ownedBy] !== undefined && owner !== type,
  );
  if (strangers.length > 0) {
    throw refusal(strangers.map(([field, owner]) => ({ field, message: `goes with MEET_S3_SSE_TYPE=${owner} only` })));
  }
  switch (type) {
    case undefined:
      return undefined;
    case 'SSE-S3':
      return { type };
    case 'SSE-KMS':
      return { type, ...(keyId !== undefined && { keyId }), ...(context !== undefined && { context }) };
    case 'SSE-C':
      if (customerKey === undefined)
        throw refusal([{ field: 'MEET_S3_SSE_TYPE=SSE-C', message: 'needs TALLY_S3_SSE_CUSTOMER_KEY' }]);
      if (!values.MEET_S3_SERVICE_ENDPOINT.startsWith('https:')) {
        throw refusal([
          { field: 'MEET_S3_SSE_TYPE=SSE-C', message: 'needs an https MEET_S3_SERVICE_ENDPOINT: the key goes with each request' },
        ]);
      }
      return { type, customerKey };
  }
}

function toLiveKit(values: Environment, given: Record<string, unknown>): LiveKitConfig {
  const { LIVEKIT_URL: publicUrl, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret } = values;
  const kind = choose(values.TALLY_LIVEKIT, /^LIVEKIT_/, given);
  if (kind === 'embedded')
    return { kind, port: values.TALLY_SIMULATOR_PORT, apiKey, ...(apiSecret !== undefined && { apiSecret }) };
  const privateUrl = values.LIVEKIT_URL_PRIVATE ?? publicUrl;
  return { kind, url: publicUrl, privateUrl, apiKey, apiSecret: apiSecret ?? DEFAULT_LIVEKIT_SECRET };
}

function toTimers(values: Environment): Timers {
  return {
    startTimeoutMs: values.TALLY_START_TIMEOUT_MS,
    stopTimeoutMs: values.TALLY_STOP_TIMEOUT_MS,
    uploadBudgetMs: values.TALLY_UPLOAD_BUDGET_MS,
    reconcileIntervalMs: values.TALLY_RECONCILE_INTERVAL_MS,
    suspectRecheckMs: values.TALLY_SUSPECT_RECHECK_MS,
    recorderGoneMs: values.TALLY_RECORDER_GONE_MS,
    dueIntervalMs: values.TALLY_DUE_INTERVAL_MS,
    lockTtlMs: values.TALLY_LOCK_TTL_MS,
    lockKeeperIntervalMs: values.TALLY_LOCK_KEEPER_INTERVAL_MS,
    lockGcIntervalMs: values.TALLY_LOCK_GC_INTERVAL_MS,
    lockGraceMs: values.TALLY_LOCK_GRACE_MS,
    staleIntervalMs: values.TALLY_STALE_INTERVAL_MS,
    staleAfterMs: values.TALLY_STALE_AFTER_MS,
    roomExpiryIntervalMs: values.TALLY_ROOM_EXPIRY_INTERVAL_MS,
    minAutoDeletionLeadMs: values.TALLY_MIN_AUTO_DELETION_LEAD_MS,
  };
}

/** Object stores that the environment asks for and this version cannot use yet. */
function refuseMissingAdapters(values: Environment, given: Record<string, unknown>): void {
  if (values.TALLY_MEDIA === 'embedded') return;
  const azure = Object.keys(given).find((name) => name.startsWith('MEET_AZURE_'));
  const asker = values.MEET_BLOB_STORAGE_MODE === 's3' ? azure : `MEET_BLOB_STORAGE_MODE=${values.MEET_BLOB_STORAGE_MODE}`;
  if (asker === undefined) return;
  const message = 'asks for an object store that this version has no adapter for: use S3, or set TALLY_MEDIA=embedded';
  throw refusal([{ field: asker, message }]);
}

function refuseUnsafe(values: Environment, { http, livekit, store }: Config): void {
  if (!isLoopback(http.host) && livekit.apiSecret === DEFAULT_LIVEKIT_SECRET) {
    const message =
      'makes Tally reachable from other machines while LIVEKIT_API_SECRET is the published default: set another secret';
    throw refusal([{ field: 'TALLY_HOST', message }]);
  }
  if (livekit.kind === 'real' && new URL(livekit.privateUrl).pathname !== '/') {
    const message = "has a path, which LiveKit's API cannot have: set LIVEKIT_URL_PRIVATE to the server's own address";
    throw refusal([{ field: 'LIVEKIT_URL', message }]);
  }
  if (
    values.NODE_ENV === 'production' &&
    livekit.kind === 'real' &&
    store.kind === 'embedded' &&
    values.TALLY_STORE === undefined
  ) {
    const message = 'with a real LiveKit and the embedded store must be meant: set TALLY_STORE=embedded to run on one machine';
    throw refusal([{ field: 'NODE_ENV=production', message }]);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function refusal(issues: { field: string; message: string }[]): InvalidInputError {
  return new InvalidInputError(issues.map(({ field, message }) => `${field} ${message}`).join('; '), { details: { issues } });
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  return Object.freeze(value);
}
