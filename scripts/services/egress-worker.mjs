import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { liveKitKey, liveKitSecret } from './livekit.mjs';
import { runSettings, startProcess } from './process.mjs';

/**
 * Start a stand-in egress worker.
 *
 * @param filesDir where relative file paths land
 * @param s3 where all files go instead, with `endpoint`, `bucket`, `accessKey` and `secretKey`
 * @param media false: takes a seat in the room, captures nothing and delivers a ready-made file
 * @param capacity egresses at once; two browsers are too much for two cores
 * @param activeAfterMs how long an egress without media stays STARTING
 */
export async function startEgressWorker({ redis, wsUrl, filesDir, media = true, capacity = 1, activeAfterMs = 50, s3 }) {
  const { dir, programs } = runSettings();
  const tempDir = await mkdtemp(join(dir, 'worker-'));
  const args = ['-redis', redis, '-ws-url', wsUrl, '-files-dir', filesDir, '-temp-dir', tempDir, '-capacity', String(capacity)];
  if (s3 !== undefined) args.push('-s3-endpoint', s3.endpoint, '-s3-bucket', s3.bucket);
  const s3Keys = s3 === undefined ? {} : { S3_ACCESS_KEY: s3.accessKey, S3_SECRET_KEY: s3.secretKey };
  const mode = media
    ? ['-client-js', programs['livekit-client']]
    : ['-no-media', '-sample', programs.sample, '-active-after', `${activeAfterMs}ms`];
  return startProcess({
    name: 'stand-in-egress-worker',
    file: programs['egress-worker'],
    args: [...args, ...mode],
    env: { LIVEKIT_API_KEY: liveKitKey, LIVEKIT_API_SECRET: liveKitSecret, ...s3Keys },
    stopSignal: 'SIGINT',
    ready: (lines) => lines.includes('stand-in egress worker ready'),
  });
}
