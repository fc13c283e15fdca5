import { describe, expect, it } from 'vitest';

import { InvalidInputError } from '../../../src/errors.js';
import { createS3Media } from '../../../src/persistence/s3/s3-media.js';
import { sseRequest, type SseSettings } from '../../../src/persistence/s3/sse.js';

const bucket = { bucket: 'media', subfolder: 'tally', region: 'us-east-1', pathStyle: true };

describe('server-side encryption', () => {
  it('is absent, or the server’s own, or a key’s', () => {
    expect(sseRequest({})).toEqual({});
    expect(sseRequest({ type: 'SSE-S3' })).toEqual({ ServerSideEncryption: 'AES256' });
    expect(sseRequest({ type: 'SSE-KMS' })).toEqual({ ServerSideEncryption: 'aws:kms' });
    expect(sseRequest({ type: 'SSE-KMS', kmsKeyId: 'key', kmsEncryptionContext: '{"tenant":"a"}' })).toEqual({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key',
      SSEKMSEncryptionContext: Buffer.from('{"tenant":"a"}').toString('base64'),
    });
  });

  it.each<SseSettings>([
    { type: 'AES256' },
    { type: '' },
    { kmsKeyId: 'key' },
    { type: 'SSE-S3', kmsKeyId: 'key' },
    { type: 'SSE-S3', kmsEncryptionContext: '{}' },
    { type: 'SSE-KMS', kmsEncryptionContext: 'tenant=a' },
    { type: 'SSE-KMS', kmsEncryptionContext: '["a"]' },
    { type: 'SSE-KMS', kmsEncryptionContext: 'null' },
    { type: 'SSE-KMS', kmsEncryptionContext: '{"tenant":1}' },
  ])('is refused as %o', (sse) => {
    expect(() => sseRequest(sse)).toThrow(InvalidInputError);
    expect(() => createS3Media({ ...bucket, sse })).toThrow(InvalidInputError);
  });
});

describe('the subfolder', () => {
  it.each(['../up', 'a//b', '.'])('is refused as %j', (subfolder) => {
    expect(() => createS3Media({ ...bucket, subfolder })).toThrow(InvalidInputError);
  });

  it('may be written with slashes around it', () => {
    expect(createS3Media({ ...bucket, subfolder: '/a/b/' }).egressPath('c.mp4')).toBe('a/b/c.mp4');
  });
});
