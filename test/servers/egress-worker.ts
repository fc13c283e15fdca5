import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

import { liveKitKey, liveKitSecret } from './livekit.js';
import { type RunningProcess, startProcess } from './processes/process.js';
import { programPath, runSettings } from './run-settings.js';

export interface EgressWorkerOptions {
  readonly redis: string;
  readonly wsUrl: string;
  /** The folder below which relative file paths are written. */
  readonly filesDir: string;
  /** With false the worker joins the room, captures nothing and delivers a ready-made file. */
  readonly media?: boolean;
  /** The number of concurrent egresses. Default 1, because two browsers are too much for two cores. */
  readonly capacity?: number;
  /** Time for which an egress without media stays STARTING, milliseconds. */
  readonly activeAfterMs?: number;
  /** An existing bucket that receives the files instead of the folder. */
  readonly s3?: Readonly<Record<'endpoint' | 'bucket' | 'accessKey' | 'secretKey', string>>;
}

/** Starts our stand-in for LiveKit's egress worker. */
export async function startEgressWorker(options: EgressWorkerOptions): Promise<RunningProcess> {
  const { redis, wsUrl, filesDir, media = true, capacity = 1, activeAfterMs = 50, s3 } = options;
  const tempDir = await mkdtemp(join(runSettings().dir, 'worker-'));
  const args = ['-redis', redis, '-ws-url', wsUrl, '-files-dir', filesDir, '-temp-dir', tempDir, '-capacity', String(capacity)];
  if (s3 !== undefined) args.push('-s3-endpoint', s3.endpoint, '-s3-bucket', s3.bucket);
  const s3Keys = s3 === undefined ? {} : { S3_ACCESS_KEY: s3.accessKey, S3_SECRET_KEY: s3.secretKey };
  const mode = media
    ? ['-client-js', programPath('livekit-client')]
    : ['-no-media', '-sample', programPath('sample'), '-active-after', `${activeAfterMs}ms`];
  return startProcess({
    name: 'stand-in-egress-worker',
    file: programPath('egress-worker'),
    args: [...args, ...mode],
    env: { LIVEKIT_API_KEY: liveKitKey, LIVEKIT_API_SECRET: liveKitSecret, ...s3Keys },
    stopSignal: 'SIGINT',
    ready: (lines) => lines.includes('stand-in egress worker ready'),
  });
}
