import { z } from 'zod';

import { base64, integer, jsonOfStrings, milliseconds, oneOf, text, url } from './config-values.js';

export interface FieldDoc {
  group: 'Service' | 'LiveKit' | 'Storage' | 'MongoDB' | 'Redis' | 'S3' | 'Timers';
  /** One sentence for the reader of `.env.example` and the README. */
  description: string;
  unit?: string;
  /** In place of a default that is computed. */
  defaultText?: string;
}

const docs = z.registry<FieldDoc>();

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const ADAPTERS = ['embedded', 'real'] as const;
const LIVEKIT_PROTOCOLS = ['ws', 'wss', 'http', 'https'];

/** Every variable we read. `.env.example` and the README's table are generated from this. */
export const environmentSchema = z.object({
  NODE_ENV: text().optional().register(docs, {
    group: 'Service',
    description:
      'With `production`, a real LiveKit together with the embedded store is refused unless `TALLY_STORE=embedded` says it is meant.',
  }),
  SERVER_PORT: integer(0, 65_535)
    .default(6080)
    .register(docs, { group: 'Service', description: 'Port of the HTTP server; 0 takes a free one and prints it.' }),
  TALLY_HOST: text().default('127.0.0.1').register(docs, {
    group: 'Service',
    description:
      'Address the HTTP server listens on. Any other than loopback is refused while the LiveKit secret is the published default.',
  }),
  SERVER_CORS_ORIGIN: text()
    .default('*')
    .register(docs, { group: 'Service', description: 'Value of `Access-Control-Allow-Origin`.' }),
  TALLY_TRUST_PROXY: integer(0, 10).optional().register(docs, {
    group: 'Service',
    description: 'How many proxies in front of us are trusted for `X-Forwarded-Proto` and `X-Forwarded-For`.',
    unit: 'hops',
    defaultText: '0 with the embedded store, else 1',
  }),
  MEET_BASE_URL: url(['https', 'http']).optional().register(docs, {
    group: 'Service',
    description: 'Fixed external URL used in generated links.',
    defaultText: 'taken from the request',
  }),
  MEET_LOG_LEVEL: oneOf(LOG_LEVELS, { verbose: 'debug', silly: 'trace' })
    .default('info')
    .register(docs, {
      group: 'Service',
      description: `Lowest level that is logged: ${LOG_LEVELS.join(', ')}.`,
    }),
  MEET_NAME_ID: text().default('openviduMeet').register(docs, {
    group: 'Service',
    description: 'Project id; also the `createdBy` mark in the metadata of LiveKit rooms.',
  }),
  MEET_INITIAL_API_KEY: text().optional().register(docs, {
    group: 'Service',
    description: 'The first API key.',
    defaultText: 'generated once, kept in the data folder',
  }),
  TALLY_INSTANCE_ID: text().optional().register(docs, {
    group: 'Service',
    description: 'Name of this process among its like; must differ from all others.',
    defaultText: 'host name and a random suffix',
  }),

  TALLY_LIVEKIT: oneOf(ADAPTERS).optional().register(docs, {
    group: 'LiveKit',
    description: '`real` uses the server at `LIVEKIT_URL`, `embedded` the simulator.',
    defaultText: '`real` when any `LIVEKIT_*` variable is set, else `embedded`',
  }),
  LIVEKIT_URL: url(LIVEKIT_PROTOCOLS).default('ws://localhost:7880').register(docs, {
    group: 'LiveKit',
    description: 'Where participants reach LiveKit.',
  }),
  LIVEKIT_URL_PRIVATE: url(LIVEKIT_PROTOCOLS, { path: false }).optional().register(docs, {
    group: 'LiveKit',
    description: "Where Tally reaches LiveKit's API; without a path.",
    defaultText: 'value of `LIVEKIT_URL`',
  }),
  LIVEKIT_API_KEY: text().default('devkey').register(docs, {
    group: 'LiveKit',
    description: 'API key, of the simulator too.',
  }),
  LIVEKIT_API_SECRET: text().optional().register(docs, {
    group: 'LiveKit',
    description: 'API secret; verifies incoming webhooks too.',
    defaultText: "`secret`; the simulator's is generated",
  }),
  TALLY_SIMULATOR_PORT: integer(0, 65_535).default(7880).register(docs, {
    group: 'LiveKit',
    description: 'Port of the simulator, on loopback; 0 takes a free one and prints it.',
  }),

  TALLY_DATA_DIR: text().default('.tally').register(docs, {
    group: 'Storage',
    description: 'Folder of the embedded stores, media and generated secrets.',
  }),
  TALLY_MEDIA_DIR: text().optional().register(docs, {
    group: 'Storage',
    description: 'Folder of recorded files as Tally sees it.',
    defaultText: '`media` in the data folder',
  }),
  TALLY_EGRESS_MEDIA_DIR: text().optional().register(docs, {
    group: 'Storage',
    description: 'The same folder as the LiveKit egress sees it.',
    defaultText: 'value of `TALLY_MEDIA_DIR`',
  }),
  TALLY_STORE: oneOf(ADAPTERS).optional().register(docs, {
    group: 'Storage',
    description:
      'Store of rooms, recordings and API keys: `embedded` is LMDB in the data folder, for one process; `real` is MongoDB.',
    defaultText: '`real` when any `MEET_MONGO_*` variable is set, else `embedded`',
  }),
  TALLY_LOCKS: oneOf(ADAPTERS).optional().register(docs, {
    group: 'Storage',
    description: 'Locks of rooms and jobs, and wake-ups between instances: `embedded`, or `real` for Redis.',
    defaultText: '`real` when any `MEET_REDIS_*` or `TALLY_REDIS_*` variable is set, else `embedded`',
  }),
  TALLY_MEDIA: oneOf(ADAPTERS).optional().register(docs, {
    group: 'Storage',
    description: 'Store of recorded files: `embedded` is a folder, `real` an S3 bucket.',
    defaultText: '`real` when any `MEET_S3_*` variable or `MEET_BLOB_STORAGE_MODE` is set, else `embedded`',
  }),

  MEET_MONGO_URI: text().optional().register(docs, {
    group: 'MongoDB',
    description: 'Connection string, used as it is; MongoDB 6 or newer, a replica set.',
    defaultText: 'made of the variables below',
  }),
  MEET_MONGO_NODES: text().default('localhost').register(docs, { group: 'MongoDB', description: 'Host names, comma-separated.' }),
  MEET_MONGO_PORT: integer(1, 65_535).default(27_017).register(docs, { group: 'MongoDB', description: 'Port of every node.' }),
  MEET_MONGO_ADMIN_USERNAME: text().default('mongoadmin').register(docs, { group: 'MongoDB', description: 'User.' }),
  MEET_MONGO_ADMIN_PASSWORD: text().default('mongoadmin').register(docs, { group: 'MongoDB', description: 'Password.' }),
  MEET_MONGO_REPLICA_SET_NAME: text()
    .default('rs0')
    .register(docs, { group: 'MongoDB', description: 'Name of the replica set.' }),
  MEET_MONGO_DB_NAME: text().default('openvidu-meet').register(docs, { group: 'MongoDB', description: 'Database.' }),

  MEET_REDIS_HOST: text().default('localhost').register(docs, { group: 'Redis', description: 'Host of a single Redis.' }),
  MEET_REDIS_PORT: integer(1, 65_535).default(6379).register(docs, { group: 'Redis', description: 'Its port.' }),
  MEET_REDIS_USERNAME: text().optional().register(docs, { group: 'Redis', description: 'User.', defaultText: 'none' }),
  MEET_REDIS_PASSWORD: text()
    .default('redispassword')
    .register(docs, { group: 'Redis', description: 'Password; set but empty for a Redis without one.' }),
  MEET_REDIS_DB: integer(0, 65_535).default(0).register(docs, { group: 'Redis', description: 'Number of the database.' }),
  MEET_REDIS_SENTINEL_HOST_LIST: text().optional().register(docs, {
    group: 'Redis',
    description: 'Sentinels, `host:port` and comma-separated, in place of host and port.',
    defaultText: 'none',
  }),
  MEET_REDIS_SENTINEL_PASSWORD: text().optional().register(docs, {
    group: 'Redis',
    description: "The sentinels' password; needed with them.",
    defaultText: 'none',
  }),
  MEET_REDIS_SENTINEL_MASTER_NAME: text()
    .default('openvidu')
    .register(docs, { group: 'Redis', description: 'What the sentinels call the master.' }),
  TALLY_REDIS_CLUSTER_NODES: text().optional().register(docs, {
    group: 'Redis',
    description: 'Some nodes of a cluster, `host:port` and comma-separated, in place of host and port.',
    defaultText: 'none',
  }),
  TALLY_REDIS_TLS: oneOf(['true', 'false']).default('false').register(docs, {
    group: 'Redis',
    description: '`true`: every connection is encrypted, to sentinels and cluster nodes too.',
  }),
  TALLY_REDIS_TLS_CA: text().optional().register(docs, {
    group: 'Redis',
    description: "File with the certificates of the authorities that vouch for Redis, in PEM; in place of the system's.",
    defaultText: 'none',
  }),

  MEET_S3_BUCKET: text().default('openvidu-appdata').register(docs, { group: 'S3', description: 'Bucket.' }),
  MEET_S3_SUBBUCKET: text()
    .default('openvidu-meet')
    .register(docs, { group: 'S3', description: 'Folder in the bucket that holds everything of ours.' }),
  MEET_S3_SERVICE_ENDPOINT: url(['http', 'https'])
    .default('http://localhost:9000')
    .register(docs, { group: 'S3', description: 'URL of the S3 service.' }),
  MEET_S3_ACCESS_KEY: text()
    .default('minioadmin')
    .register(docs, { group: 'S3', description: "Access key; set but empty to use the machine's role." }),
  MEET_S3_SECRET_KEY: text().default('minioadmin').register(docs, { group: 'S3', description: 'Secret key; likewise.' }),
  MEET_AWS_REGION: text().default('us-east-1').register(docs, { group: 'S3', description: 'Region.' }),
  MEET_S3_WITH_PATH_STYLE_ACCESS: text()
    .default('true')
    .register(docs, { group: 'S3', description: '`true`: the bucket stands in the path and not in the host name.' }),
  MEET_BLOB_STORAGE_MODE: oneOf(['s3', 'abs', 'gcs'])
    .default('s3')
    .register(docs, { group: 'S3', description: 'Kind of object store; this version has `s3` only.' }),
  MEET_S3_SSE_TYPE: oneOf(['SSE-S3', 'SSE-KMS', 'SSE-C']).optional().register(docs, {
    group: 'S3',
    description:
      'How objects are encrypted at rest. The simulator follows it; a real egress has settings of its own. With `SSE-C` nothing is read without the key below.',
    defaultText: 'as the bucket says',
  }),
  MEET_S3_SSE_KMS_KEY_ID: text().optional().register(docs, {
    group: 'S3',
    description: 'Key of `SSE-KMS`.',
    defaultText: "the account's own",
  }),
  MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: jsonOfStrings().optional().register(docs, {
    group: 'S3',
    description: 'Context of `SSE-KMS`: a JSON object of strings.',
    defaultText: 'none',
  }),
  TALLY_S3_SSE_CUSTOMER_KEY: base64(32).optional().register(docs, {
    group: 'S3',
    description: 'Key of `SSE-C`, which needs it: 32 bytes in base64.',
    defaultText: 'none',
  }),
  TALLY_MEDIA_DELIVERY: oneOf(['proxy', 'redirect']).default('proxy').register(docs, {
    group: 'S3',
    description: '`proxy`: recordings are played through Tally; `redirect`: players are sent to a signed URL of the bucket.',
  }),
  TALLY_S3_PUBLIC_ENDPOINT: url(['http', 'https']).optional().register(docs, {
    group: 'S3',
    description: 'URL of the S3 service as players reach it, with `redirect`.',
    defaultText: 'value of `MEET_S3_SERVICE_ENDPOINT`',
  }),
  TALLY_MEDIA_URL_TTL_MS: integer(60_000, 86_400_000).default(900_000).register(docs, {
    group: 'S3',
    description: 'How long such a URL works, for whoever knows it. A player seeks by the URL it has: no shorter than a viewing.',
    unit: 'ms',
  }),

  TALLY_START_TIMEOUT_MS: timer(30_000, 'How long a start waits for the egress to record before it is undone.'),
  TALLY_STOP_TIMEOUT_MS: timer(60_000, 'How long a stop waits for the egress to end before it is asked again.'),
  TALLY_UPLOAD_BUDGET_MS: timer(600_000, 'How long an ended egress may take to deliver its file.'),
  TALLY_RECONCILE_INTERVAL_MS: timer(10_000, 'How often recordings are compared with LiveKit.'),
  TALLY_SUSPECT_RECHECK_MS: timer(2_000, 'When a recording that looks dead is looked at again.'),
  TALLY_RECORDER_GONE_MS: timer(20_000, 'How long a recorder must have been out of the room to count as dead.'),
  TALLY_DUE_INTERVAL_MS: timer(1_000, 'How often due deadlines and effects are looked for.'),
  TALLY_LOCK_TTL_MS: timer(21_600_000, 'Life of a room lock: how long a dead deployment blocks a room.'),
  TALLY_LOCK_KEEPER_INTERVAL_MS: timer(
    600_000,
    'How often the locks of rooms that record are renewed, or taken again when they are lost.',
  ),
  TALLY_LOCK_GC_INTERVAL_MS: timer(1_800_000, 'How often room locks that no recording needs are freed.'),
  TALLY_LOCK_GRACE_MS: timer(60_000, 'How old such a lock must be: a younger one may belong to a start that is on its way.', 0),
  TALLY_STALE_INTERVAL_MS: timer(900_000, 'How often recordings that nobody needs any more are looked for.'),
  TALLY_STALE_AFTER_MS: timer(300_000, 'How old a recording must be to be stopped when nobody is left in its room.', 0),
  TALLY_ROOM_EXPIRY_INTERVAL_MS: timer(3_600_000, 'How often rooms whose deletion date has passed are deleted.'),
  TALLY_MIN_AUTO_DELETION_LEAD_MS: timer(3_600_000, 'How far ahead the deletion date of a new room must lie.', 0),
});

export type Environment = z.infer<typeof environmentSchema>;

/** A variable, its documentation and its default as text; in the order of the documentation. */
export interface DocumentedField extends FieldDoc {
  name: string;
  /** As it would stand in the environment; absent when there is none or it is computed. */
  defaultValue?: string;
}

export function documentedFields(): DocumentedField[] {
  return Object.entries(environmentSchema.shape).map(([name, field]) => {
    const doc = docs.get(field);
    if (doc === undefined) throw new Error(`${name} has no documentation`);
    return { name, ...doc, ...(field instanceof z.ZodDefault && { defaultValue: String(field.def.defaultValue) }) };
  });
}

function timer(defaultMs: number, description: string, minMs?: number) {
  return milliseconds(minMs).default(defaultMs).register(docs, { group: 'Timers', description, unit: 'ms' });
}
