import type { TestProject } from 'vitest/node';
import { minioPassword, minioUser, startMinio, startMongo } from '../../servers/index.js';
import type {} from '../../support/stores.js';

/** What the suites of `npm test` run on here, instead of the embedded adapters; each test takes databases and buckets of its own. */
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
