import type { StorageConfig } from '@livekit/protocol';
import { readBucketSettings, type BucketSettings } from './bucket-settings.js';
import type { Buckets } from './bucket.js';
import { createFolder } from './folder.js';
import type { Storage } from './storage.js';

/** Where a request wants its file; without a case: wherever this worker puts files. */
export type AskedStorage = StorageConfig['provider'];

/** Where this worker puts files that no request sends elsewhere. */
export type OwnStorage = { dir: string } | BucketSettings;

export interface Destinations {
  of(asked: AskedStorage): Promise<Storage>;
  close(): Promise<void>;
}

/** How LiveKit calls the clouds we have no way to. */
const OTHERS = { gcp: 'GCP', azure: 'Azure', aliOSS: 'AliOSS' } as const;

export function createDestinations(own: OwnStorage): Destinations {
  let buckets: Promise<Buckets> | undefined;

  const bucket = async (settings: BucketSettings): Promise<Storage> => {
    // The driver takes its time and its memory, and most simulators never need it.
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
          return unreachable(OTHERS[asked.case], 'the simulator uploads to folders and S3 only');
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
