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
  minAutoDeletionLeadMs: number;
}

export type LiveKitConfig =
  /** The simulator. Without a secret its owner generates one. */
  | { kind: 'embedded'; port: number; apiKey: string; apiSecret?: string }
  | { kind: 'real'; url: string; privateUrl: string; apiKey: string; apiSecret: string };

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
  store: { kind: 'embedded' };
  locks: { kind: 'embedded' };
  /** One folder, as we see it and as the egress sees it. */
  media: { kind: 'embedded'; dir: string; egressDir: string };
  livekit: LiveKitConfig;
  timers: Timers;
}

/**
 * The configuration that an environment describes. A variable that is empty counts as unset.
 *
 * @throws InvalidInputError with one clear line; `details.issues` names each variable
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const { data, error } = environmentSchema.safeParse(given);
  if (error !== undefined) throw refusal(error.issues.map(({ path: [name], message }) => ({ field: String(name), message })));
  refuseMissingAdapters(data, env);
  const config = toConfig(data, given);
  refuseUnsafe(data, config);
  return deepFreeze(config);
}

function toConfig(values: Environment, given: Record<string, unknown>): Config {
  const dataDir = path.resolve(values.TALLY_DATA_DIR);
  const mediaDir = values.TALLY_MEDIA_DIR === undefined ? path.join(dataDir, 'media') : path.resolve(values.TALLY_MEDIA_DIR);
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
      trustedProxyHops: values.TALLY_TRUST_PROXY,
      ...(values.MEET_BASE_URL !== undefined && { baseUrl: values.MEET_BASE_URL }),
    },
    store: { kind: 'embedded' },
    locks: { kind: 'embedded' },
    media: { kind: 'embedded', dir: mediaDir, egressDir: values.TALLY_EGRESS_MEDIA_DIR ?? mediaDir },
    livekit: toLiveKit(values, given),
    timers: toTimers(values),
  };
}

function toLiveKit(values: Environment, given: Record<string, unknown>): LiveKitConfig {
  const { LIVEKIT_URL: publicUrl, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret } = values;
  const byFamily = Object.keys(given).some((name) => name.startsWith('LIVEKIT_')) ? 'real' : 'embedded';
  const kind = values.TALLY_LIVEKIT ?? byFamily;
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
    minAutoDeletionLeadMs: values.TALLY_MIN_AUTO_DELETION_LEAD_MS,
  };
}

/** Servers that the environment asks for and this version cannot use yet. */
const MISSING_ADAPTERS = [
  { choice: 'TALLY_STORE', server: 'MongoDB', family: /^MEET_MONGO_/ },
  { choice: 'TALLY_LOCKS', server: 'Redis', family: /^MEET_REDIS_/ },
  { choice: 'TALLY_MEDIA', server: 'an object store', family: /^MEET_(S3|AZURE)_|^MEET_BLOB_STORAGE_MODE$/ },
] as const;

/** Empty is a value for these: it asks for the credentials of the machine's role. */
const MEANT_WHEN_EMPTY = new Set(['MEET_S3_ACCESS_KEY', 'MEET_S3_SECRET_KEY']);

function refuseMissingAdapters(values: Environment, env: Readonly<Record<string, string | undefined>>): void {
  const isSet = (name: string) => env[name] !== undefined && (env[name].trim() !== '' || MEANT_WHEN_EMPTY.has(name));
  for (const { choice, server, family } of MISSING_ADAPTERS) {
    if (values[choice] === 'embedded') continue;
    const asker =
      values[choice] === 'real' ? `${choice}=real` : Object.keys(env).find((name) => family.test(name) && isSet(name));
    if (asker === undefined) continue;
    const message = `asks for ${server}, but this version has the embedded adapter only: set ${choice}=embedded`;
    throw refusal([{ field: asker, message }]);
  }
}

function refuseUnsafe(values: Environment, { http, livekit }: Config): void {
  if (!isLoopback(http.host) && livekit.apiSecret === DEFAULT_LIVEKIT_SECRET) {
    const message =
      'makes Tally reachable from other machines while LIVEKIT_API_SECRET is the published default: set another secret';
    throw refusal([{ field: 'TALLY_HOST', message }]);
  }
  if (livekit.kind === 'real' && new URL(livekit.privateUrl).pathname !== '/') {
    const message = "has a path, which LiveKit's API cannot have: set LIVEKIT_URL_PRIVATE to the server's own address";
    throw refusal([{ field: 'LIVEKIT_URL', message }]);
  }
  if (values.NODE_ENV === 'production' && livekit.kind === 'real' && values.TALLY_STORE === undefined) {
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
