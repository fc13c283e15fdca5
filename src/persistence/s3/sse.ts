/** How the bucket's objects are encrypted at rest. */
export type SseSettings =
  | { type: 'SSE-S3' }
  /** Without a key the account's own is used. */
  | { type: 'SSE-KMS'; keyId?: string; context?: Readonly<Record<string, string>> }
  /** 32 bytes in base64, sent with each request: the server does not keep it. */
  | { type: 'SSE-C'; customerKey: string };

/** The members that carry the customer's key in a request about one object. */
interface CustomerKey {
  SSECustomerAlgorithm?: 'AES256';
  SSECustomerKey?: string;
}

/** The members that a request which writes an object needs. */
export interface SseWrite extends CustomerKey {
  ServerSideEncryption?: 'AES256' | 'aws:kms';
  SSEKMSKeyId?: string;
  /** Base64 of JSON. */
  SSEKMSEncryptionContext?: string;
}

export function sseWrite(settings: SseSettings | undefined): SseWrite {
  switch (settings?.type) {
    case undefined:
      return {};
    case 'SSE-S3':
      return { ServerSideEncryption: 'AES256' };
    case 'SSE-KMS':
      return {
        ServerSideEncryption: 'aws:kms',
        ...(settings.keyId !== undefined && { SSEKMSKeyId: settings.keyId }),
        ...(settings.context !== undefined && {
          SSEKMSEncryptionContext: Buffer.from(JSON.stringify(settings.context)).toString('base64'),
        }),
      };
    case 'SSE-C':
      return sseRead(settings);
  }
}

/** What a request which reads an object needs: nothing, but for the customer's key. The SDK adds the key's MD5. */
export function sseRead(settings: SseSettings | undefined): CustomerKey {
  if (settings?.type !== 'SSE-C') return {};
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: settings.customerKey };
}
