import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { expect, describe, it } from 'vitest';

import { InvalidInputError } from '../../../src/errors.js';
import { createS3Media } from '../../../src/persistence/s3/s3-media.js';
import { customerKeyOf } from '../../../src/persistence/s3/sse.js';

const bucket = { bucket: 'media', subfolder: 'tally', region: 'us-east-1', pathStyle: true };
const customerKey = Buffer.alloc(32, 7).toString('base64');
const LONG_AGO = 'Thu, 01 Jan 2026 00:00:00 GMT';

describe('server-side encryption in S3', () => {
  it('adds headers to a read only for SSE-C, which needs the customer’s key', () => {
    expect(customerKeyOf(undefined)).toEqual({});
    expect(customerKeyOf({ type: 'SSE-S3' })).toEqual({});
    expect(customerKeyOf({ type: 'SSE-KMS', keyId: 'key' })).toEqual({});
    expect(customerKeyOf({ type: 'SSE-C', customerKey })).toEqual({
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKey: customerKey,
    });
  });

  it('sends the customer’s key and its MD5 with every stat, read and open', async () => {
    const asked: IncomingHttpHeaders[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers);
      response.writeHead(200, { 'content-length': '2', etag: '"a"', 'last-modified': LONG_AGO });
      response.end(request.method === 'HEAD' ? undefined : 'ab');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const keys = { accessKey: 'any', secretKey: 'any' };
    const media = createS3Media({ ...bucket, ...keys, endpoint, sse: { type: 'SSE-C', customerKey } });

    await media.stat('a.mp4');
    await buffer(await media.read('a.mp4', { start: 0, end: 1 }));
    const opened = await media.open?.('a.mp4', undefined, new AbortController().signal);
    if (opened === undefined) throw new Error('nothing was opened');
    await buffer(opened.stream);

    const prefix = 'x-amz-server-side-encryption-customer';
    expect(asked).toHaveLength(3);
    for (const headers of asked) {
      expect(headers).toMatchObject({
        [`${prefix}-algorithm`]: 'AES256',
        [`${prefix}-key`]: customerKey,
        [`${prefix}-key-md5`]: expect.stringMatching(/^[\w+/]{22}==$/),
      });
    }
    media.close();
    server.close();
  });
});

describe('the subfolder in the S3 bucket', () => {
  it.each(['../up', 'a//b', '.'])('is refused when it is %j', (subfolder) => {
    expect(() => createS3Media({ ...bucket, subfolder })).toThrow(InvalidInputError);
  });

  it('may begin and end with a slash', () => {
    expect(createS3Media({ ...bucket, subfolder: '/a/b/' }).egressPath('c.mp4')).toBe('a/b/c.mp4');
  });
});
