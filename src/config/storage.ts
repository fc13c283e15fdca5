import path from 'node:path';

import { ADAPTERS, chooseAdapter, type Given } from './adapter.js';
import { type MongodbConfig, type mongodbVariables, toMongodb } from './mongodb.js';
import { type RedisConfig, type redisVariables, toRedis } from './redis.js';
import { refusal } from './refusal.js';
import { type S3Config, type s3Variables, toS3 } from './s3.js';
import { docs, oneOf, text, type Values } from './values.js';

export const storageVariables = {
  TALLY_DATA_DIR: text().default('.tally').register(docs, {
    description: 'Folder of the embedded stores, the recorded files and the generated secrets.',
  }),
  TALLY_MEDIA_DIR: text().optional().register(docs, {
    description: 'Folder of recorded files, as a path for Tally.',
    defaultText: '`media` in the data folder',
  }),
  TALLY_EGRESS_MEDIA_DIR: text().optional().register(docs, {
    description: 'The same folder as a path for the LiveKit egress.',
    defaultText: 'value of `TALLY_MEDIA_DIR`',
  }),
  TALLY_MEDIA_ACCEPT: text().optional().register(docs, {
    description:
      'Id of a folder of recorded files that takes the place of the one that Tally knows, at the next start; a folder without an id gets it.',
    defaultText: 'another folder is refused',
  }),
  TALLY_STORE: oneOf(ADAPTERS).optional().register(docs, {
    description:
      'Store of rooms, recordings and API keys: `embedded` is LMDB in the data folder, for a single process; `real` is MongoDB.',
    defaultText: '`real` when any `MEET_MONGO_*` variable is set, else `embedded`',
  }),
  TALLY_LOCKS: oneOf(ADAPTERS).optional().register(docs, {
    description: 'Locks of rooms and jobs, and wake-ups between instances: `embedded` serves a single process, `real` is Redis.',
    defaultText: '`real` when any `MEET_REDIS_*` or `TALLY_REDIS_*` variable is set, else `embedded`',
  }),
  TALLY_MEDIA: oneOf(ADAPTERS).optional().register(docs, {
    description: 'Store of recorded files: `embedded` is a folder, `real` an S3 bucket.',
    defaultText: '`real` when any `MEET_S3_*` variable or `MEET_BLOB_STORAGE_MODE` is set, else `embedded`',
  }),
};

interface Embedded {
  kind: 'embedded';
}

export interface StorageConfig {
  dataDir: string;
  store: Embedded | MongodbConfig;
  locks: Embedded | RedisConfig;
  media: MediaConfig;
}

export type MediaConfig =
  /** One folder: its path for Tally, and its path for the egress. */
  { kind: 'embedded'; dir: string; egressDir: string; accept: string | undefined } | S3Config;

type StorageValues = Values<typeof storageVariables>;
type S3Values = Values<typeof s3Variables>;

/** @throws InvalidInputError when the settings of a server contradict each other */
export function toStorage(
  values: StorageValues & Values<typeof mongodbVariables> & Values<typeof redisVariables> & S3Values,
  given: Given,
): StorageConfig {
  const dataDir = path.resolve(values.TALLY_DATA_DIR);
  return {
    dataDir,
    store: chooseAdapter(values.TALLY_STORE, /^MEET_MONGO_/, given) === 'real' ? toMongodb(values) : { kind: 'embedded' },
    locks: chooseAdapter(values.TALLY_LOCKS, /^(MEET|TALLY)_REDIS_/, given) === 'real' ? toRedis(values) : { kind: 'embedded' },
    media:
      chooseAdapter(values.TALLY_MEDIA, /^MEET_S3_|^MEET_BLOB_STORAGE_MODE$/, given) === 'real'
        ? toS3(values)
        : toFolder(values, dataDir),
  };
}

function toFolder(values: StorageValues & S3Values, dataDir: string): MediaConfig {
  if (values.TALLY_MEDIA_DELIVERY === 'redirect') {
    throw refusal(['TALLY_MEDIA_DELIVERY=redirect', 'needs an S3 bucket: files on disk have no URL']);
  }
  const dir = values.TALLY_MEDIA_DIR === undefined ? path.join(dataDir, 'media') : path.resolve(values.TALLY_MEDIA_DIR);
  return { kind: 'embedded', dir, egressDir: values.TALLY_EGRESS_MEDIA_DIR ?? dir, accept: values.TALLY_MEDIA_ACCEPT };
}

/** @throws InvalidInputError when the environment asks for an object store without an adapter in this version */
export function refuseMissingAdapters(values: StorageValues & S3Values, given: Given): void {
  if (values.TALLY_MEDIA === 'embedded') return;
  const azure = Object.keys(given).find((name) => name.startsWith('MEET_AZURE_'));
  const field = values.MEET_BLOB_STORAGE_MODE === 's3' ? azure : `MEET_BLOB_STORAGE_MODE=${values.MEET_BLOB_STORAGE_MODE}`;
  if (field === undefined) return;
  const message = 'asks for an object store without an adapter in this version: use S3, or set TALLY_MEDIA=embedded';
  throw refusal([field, message]);
}
