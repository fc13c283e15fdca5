import { isIP } from 'node:net';

import type { Given } from './adapter.js';
import { type Environment, environmentSchema } from './environment.js';
import { isServiceLink, nameWarnings, type RawEnvironment } from './names.js';
import { DEFAULT_LIVEKIT_SECRET, type LiveKitConfig, toLiveKit } from './livekit.js';
import { refusal } from './refusal.js';
import { type ServiceConfig, toService } from './service.js';
import { refuseMissingAdapters, type StorageConfig, toStorage } from './storage.js';
import { type Timers, toTimers } from './timers.js';

export type { SseConfig } from './s3.js';
export { withEnvFile } from './env-file.js';
export type { HostAndPort } from './values.js';
export type { MediaConfig } from './storage.js';
export type { Timers } from './timers.js';

/** The whole configuration, frozen. Paths are absolute. */
export interface Config extends ServiceConfig, StorageConfig {
  livekit: LiveKitConfig;
  timers: Timers;
}

/**
 * The configuration that an environment describes. An empty variable counts as unset.
 *
 * @throws InvalidInputError with one clear line; `details.issues` names each variable
 */
export function parseConfig(env: RawEnvironment): Config {
  const set = Object.entries(env).filter(
    ([name, value]) => value !== undefined && (value.trim() !== '' || MAY_BE_EMPTY.has(name)) && !isServiceLink(name, value),
  );
  const given = Object.fromEntries(set.filter(([name]) => name in environmentSchema.shape));
  const { data, error } = environmentSchema.safeParse(given);
  if (error !== undefined)
    throw refusal(...error.issues.map(({ path: [name], message }): [string, string] => [String(name), message]));
  refuseMissingAdapters(data, Object.fromEntries(set));
  const config = toConfig(data, given);
  refuseUnsafe(data, config);
  return deepFreeze(config);
}

/** One sentence about each set variable that has no effect although it was probably meant for Tally. */
export function configWarnings(env: RawEnvironment): string[] {
  return nameWarnings(env, Object.keys(environmentSchema.shape));
}

/** Shorter secrets can be guessed by a program. */
export const SHORTEST_KEY = 16;

/**
 * These variables may be empty: empty S3 keys select the machine's role, an empty password a Redis without one, an empty user a MongoDB
 * without users.
 */
const MAY_BE_EMPTY = new Set([
  'MEET_S3_ACCESS_KEY',
  'MEET_S3_SECRET_KEY',
  'MEET_REDIS_PASSWORD',
  'MEET_MONGO_ADMIN_USERNAME',
  'MEET_MONGO_ADMIN_PASSWORD',
]);

function toConfig(values: Environment, given: Given): Config {
  const storage = toStorage(values, given);
  return {
    ...toService(values, storage.store.kind === 'real' ? 1 : 0),
    ...storage,
    livekit: toLiveKit(values, given),
    timers: toTimers(values),
  };
}

function refuseUnsafe(values: Environment, { http, initialApiKey, livekit, store }: Config): void {
  if (!isLoopback(http.host) && livekit.apiSecret === DEFAULT_LIVEKIT_SECRET) {
    const message =
      'makes Tally reachable from other machines while LIVEKIT_API_SECRET is the published default: set another secret';
    throw refusal(['TALLY_HOST', message]);
  }
  if (!isLoopback(http.host) && initialApiKey !== undefined && initialApiKey.length < SHORTEST_KEY) {
    throw refusal(['MEET_INITIAL_API_KEY', `must have at least ${SHORTEST_KEY} characters when TALLY_HOST is not loopback`]);
  }
  if (livekit.kind === 'real' && new URL(livekit.privateUrl).pathname !== '/') {
    const message = "has a path, which LiveKit's API cannot have: set LIVEKIT_URL_PRIVATE to the server's own address";
    throw refusal(['LIVEKIT_URL', message]);
  }
  if (
    values.NODE_ENV === 'production' &&
    livekit.kind === 'real' &&
    store.kind === 'embedded' &&
    values.TALLY_STORE === undefined
  ) {
    const message =
      'refuses the embedded store beside a real LiveKit: set TALLY_STORE=embedded to run on one machine all the same';
    throw refusal(['NODE_ENV=production', message]);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  return Object.freeze(value);
}
