import { join } from 'node:path';

import { command } from '../processes/command.js';
import { cached, dropBuilds, hashOf } from './cache.js';
import { type Log, type Program, testsDir } from './program.js';

const liveKitVersion = '1.13.5';
/** MinIO's Go modules have no release numbers, so this is a pseudo-version. */
const minioVersion = 'v0.0.0-20260212201848-7aac2a2c5b7c';
const workerDir = join(testsDir, 'egress-worker');

export async function liveKit(log: Log): Promise<Program> {
  const path = await cached(`livekit-server-${liveKitVersion}`, async (dir) => {
    log(`building livekit-server ${liveKitVersion}`);
    return goInstall(dir, `github.com/livekit/livekit-server/cmd/server@v${liveKitVersion}`, 'server');
  });
  return { key: 'livekit', name: 'LiveKit server', version: liveKitVersion, path, source: 'Go module' };
}

export async function minio(log: Log): Promise<Program> {
  const path = await cached(`minio-${minioVersion}`, async (dir) => {
    log('building MinIO');
    return goInstall(dir, `github.com/minio/minio@${minioVersion}`, 'minio');
  });
  return { key: 'minio', name: 'MinIO', version: minioVersion.slice(7, 15), path, source: 'Go module' };
}

export async function egressWorker(log: Log): Promise<Program> {
  const hash = await hashOf(workerDir);
  const family = 'stand-in-egress-worker-';
  const path = await cached(`${family}${hash}`, async (dir) => {
    log('building the stand-in egress worker');
    const target = join(dir, 'worker');
    await command('go', ['build', '-o', target, '.'], { cwd: workerDir });
    await dropBuilds(family); // each is 50 MB
    return target;
  });
  const [name, source] = ['stand-in egress worker', 'test/services/egress-worker'];
  return { key: 'egress-worker', name, version: hash.slice(0, 8), path, source };
}

/** @returns the path of the program */
async function goInstall(dir: string, module: string, program: string): Promise<string> {
  await command('go', ['install', module], { env: { ...process.env, GOBIN: dir } });
  return join(dir, program);
}
