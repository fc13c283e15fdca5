import type { StorageConfig } from '@livekit/protocol';
import { readBucketSettings, type BucketSettings } from './bucket-settings.js';
import type { Buckets } from './bucket.js';
import { createFolder } from './folder.js';
import type { Storage } from './storage.js';

/** The storage that a request asks for. Without a case, the worker's own storage applies. */
export type RequestedStorage = StorageConfig['provider'];

/** The worker's own storage: a folder or a bucket. */
export type OwnStorage = { dir: string } | BucketSettings;

export interface Destinations {
  of(asked: RequestedStorage): Promise<Storage>;
  close(): Promise<void>;
}

/** LiveKit's names of the clouds that the simulator cannot reach. */
const UNSUPPORTED = { gcp: 'GCP', azure: 'Azure', aliOSS: 'AliOSS' } as const;

export function createDestinations(own: OwnStorage): Destinations {
  let buckets: Promise<Buckets> | undefined;

  const bucket = async (settings: BucketSettings): Promise<Storage> => {
    // Imported on first use: the driver is slow to load and large, and most simulators do not need it.
    buckets ??= import('./bucket.js').then(({ createBuckets }) => createBuckets());
    return (await buckets).open(settings);
  };
  const ours = 'dir' in own ? createFolder(own.dir) : own;

  return {
    of: async (asked) => {
      switch (asked.case) {
        case undefined:
          return 'put' in ours ? ours : bucket(ours);
        case 's3':
          if (asked.value.assumeRoleArn !== '') return unreachable('S3', 'the simulator assumes no roles');
          if (asked.value.proxy !== undefined) return unreachable('S3', 'the simulator goes through no proxy');
          return bucket(readBucketSettings(asked.value));
        case 'gcp':
        case 'azure':
        case 'aliOSS':
          return unreachable(UNSUPPORTED[asked.case], 'the simulator uploads to folders and S3 only');
      }
    },
    close: async () => (await buckets)?.close(),
  };
}

function unreachable(name: string, reason: string): Storage {
  const refuse = (): never => {
    throw new Error(reason);
  };
  return { name, locate: refuse, put: () => Promise.reject(new Error(reason)) };
}
