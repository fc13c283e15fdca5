import type { PutObjectCommandInput } from '@aws-sdk/client-s3';

import type { SseConfig } from '../../config/config.js';

/** The members that a read request needs: the customer's key for SSE-C, otherwise none. The SDK adds the key's MD5. */
export function customerKeyOf(sse: SseConfig | undefined): { SSECustomerAlgorithm?: 'AES256'; SSECustomerKey?: string } {
  return sse?.type === 'SSE-C' ? { SSECustomerAlgorithm: 'AES256', SSECustomerKey: sse.customerKey } : {};
}

/** The members that a write request needs. */
export function writingOf(sse: SseConfig | undefined): Partial<PutObjectCommandInput> {
  switch (sse?.type) {
    case 'SSE-S3':
      return { ServerSideEncryption: 'AES256' };
    case 'SSE-KMS':
      return {
        ServerSideEncryption: 'aws:kms',
        ...(sse.keyId !== undefined && { SSEKMSKeyId: sse.keyId }),
        ...(sse.context !== undefined && {
          SSEKMSEncryptionContext: Buffer.from(JSON.stringify(sse.context)).toString('base64'),
        }),
      };
    default:
      return customerKeyOf(sse);
  }
}
