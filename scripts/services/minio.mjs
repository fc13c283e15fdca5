import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { freeTcpPort } from './ports.mjs';
import { runSettings, startProcess } from './process.mjs';

export const minioUser = 'minioadmin';
export const minioPassword = 'a-password-of-the-tests';

/** An S3 server without buckets. */
export async function startMinio() {
  const { dir, programs } = runSettings();
  const port = await freeTcpPort();
  const data = await mkdtemp(join(dir, 'minio-'));
  const endpoint = `http://127.0.0.1:${port}`;
  const args = ['server', data, '--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${await freeTcpPort()}`];
  const start = () =>
    startProcess({
      name: 'minio',
      file: programs.minio,
      args,
      env: { MINIO_ROOT_USER: minioUser, MINIO_ROOT_PASSWORD: minioPassword, MINIO_UPDATE: 'off', MINIO_BROWSER: 'off' },
      ready: () => isReady(endpoint),
    });
  return { ...(await start()), startAgain: start, port, endpoint };
}

async function isReady(endpoint) {
  return fetch(`${endpoint}/minio/health/ready`).then(
    (response) => response.ok,
    () => false,
  );
}
