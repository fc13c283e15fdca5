import type { TestProject } from 'vitest/node';
import { minioPassword, minioUser, startMinio, startMongo } from '../../servers/index.js';
import type {} from '../../support/stores/stores.js';

/** Starts the servers that the suites of `npm test` share in this run. Each app has its own database and bucket. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [mongo, minio] = await Promise.all([startMongo(), startMinio()]);
  project.provide('servers', {
    mongoUri: mongo.uri,
    s3: { endpoint: minio.endpoint, accessKey: minioUser, secretKey: minioPassword },
  });
  return async () => {
    await Promise.all([mongo.stop(), minio.stop()]);
  };
}
