import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import type { SseConfig } from '../../src/config/config.js';
import { bucketOf } from '../../src/simulator/index.js';
import { createBuckets } from '../../src/simulator/media/bucket.js';

const customerKey = Buffer.alloc(32, 7).toString('base64');
const PREFIX = 'x-amz-server-side-encryption';

it.each<[SseConfig | undefined, Record<string, string>]>([
  [undefined, {}],
  [{ type: 'SSE-S3' }, { [PREFIX]: 'AES256' }],
  [{ type: 'SSE-KMS' }, { [PREFIX]: 'aws:kms' }],
  [
    { type: 'SSE-KMS', keyId: 'key', context: { tenant: 'a' } },
    {
      [PREFIX]: 'aws:kms',
      [`${PREFIX}-aws-kms-key-id`]: 'key',
      [`${PREFIX}-context`]: Buffer.from('{"tenant":"a"}').toString('base64'),
    },
  ],
  [
    { type: 'SSE-C', customerKey },
    {
      [`${PREFIX}-customer-algorithm`]: 'AES256',
      [`${PREFIX}-customer-key`]: customerKey,
      [`${PREFIX}-customer-key-md5`]: expect.stringMatching(/^[\w+/]{22}==$/) as string,
    },
  ],
])('a file is uploaded with the encryption %o', async (sse, headers) => {
  let asked: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    asked = request.headers;
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = { accessKey: 'any', secretKey: 'any' };
  const buckets = createBuckets();
  const settings = bucketOf({ bucket: 'b', endpoint, region: 'us-east-1', pathStyle: true, ...keys, ...(sse && { sse }) });
  await buckets.open(settings).put('a.mp4', Buffer.of(1), 'video/mp4');
  expect(Object.fromEntries(Object.entries(asked).filter(([name]) => name.startsWith(PREFIX)))).toEqual(headers);
  buckets.close();
  server.close();
});
