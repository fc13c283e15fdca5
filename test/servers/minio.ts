import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

import { isOk } from './processes/is-ok.js';
import { freeTcpPort } from './processes/ports.js';
import { type RunningProcess, startProcess } from './processes/process.js';
import { programPath, runSettings } from './run-settings.js';

export const minioUser = 'minioadmin';
export const minioPassword = 'a-password-of-the-tests';

export interface Minio extends RunningProcess {
  readonly port: number;
  readonly endpoint: string;
  /** Starts MinIO again with the same port and data, after it was killed. */
  startAgain(): Promise<RunningProcess>;
}

/** Starts an S3 server without buckets. */
export async function startMinio(): Promise<Minio> {
  const port = await freeTcpPort();
  const data = await mkdtemp(join(runSettings().dir, 'minio-'));
  const endpoint = `http://127.0.0.1:${port}`;
  const args = ['server', data, '--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${await freeTcpPort()}`];
  const start = () =>
    startProcess({
      name: 'minio',
      file: programPath('minio'),
      args,
      env: { MINIO_ROOT_USER: minioUser, MINIO_ROOT_PASSWORD: minioPassword, MINIO_UPDATE: 'off', MINIO_BROWSER: 'off' },
      ready: () => isOk(`${endpoint}/minio/health/ready`),
    });
  return { ...(await start()), startAgain: start, port, endpoint };
}
