import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { afterAll, beforeAll } from 'vitest';

import { s3MediaContract } from '../../contracts/s3-media.js';

let server: FauxqsServer;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
});
afterAll(() => server.stop());

s3MediaContract({
  name: 'S3 on fauxqs',
  server: () => ({ endpoint: `http://127.0.0.1:${server.port}`, accessKey: 'any', secretKey: 'any' }),
});
