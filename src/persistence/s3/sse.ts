import { InvalidInputError } from '../../errors.js';

/** How the bucket's objects are encrypted at rest, as the environment says it. */
export interface SseSettings {
  /** `SSE-S3` or `SSE-KMS`. */
  type?: string;
  /** With SSE-KMS only; without it the account's own key is used. */
  kmsKeyId?: string;
  /** With SSE-KMS only: a JSON object of strings. */
  kmsEncryptionContext?: string;
}

/** The members that a request which writes an object needs. */
export interface SseRequest {
  ServerSideEncryption?: 'AES256' | 'aws:kms';
  SSEKMSKeyId?: string;
  /** Base64 of JSON. */
  SSEKMSEncryptionContext?: string;
}

/**
 * Reading needs nothing: the server decrypts by itself.
 *
 * @throws InvalidInputError an unknown type, KMS settings without SSE-KMS, or a context that is no JSON object of strings
 */
export function sseRequest({ type, kmsKeyId, kmsEncryptionContext }: SseSettings): SseRequest {
  if (type !== undefined && type !== 'SSE-S3' && type !== 'SSE-KMS') {
    throw new InvalidInputError(`The type of server-side encryption is SSE-S3 or SSE-KMS, not ${JSON.stringify(type)}`);
  }
  if (type !== 'SSE-KMS') {
    if (kmsKeyId !== undefined || kmsEncryptionContext !== undefined) {
      throw new InvalidInputError('A KMS key or encryption context goes with SSE-KMS only');
    }
    return type === undefined ? {} : { ServerSideEncryption: 'AES256' };
  }
  return {
    ServerSideEncryption: 'aws:kms',
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    ...(kmsEncryptionContext !== undefined && { SSEKMSEncryptionContext: encodeContext(kmsEncryptionContext) }),
  };
}

function encodeContext(text: string): string {
  const context = parseJson(text);
  const isContext =
    typeof context === 'object' &&
    context !== null &&
    !Array.isArray(context) &&
    Object.values(context).every((value) => typeof value === 'string');
  if (!isContext) throw new InvalidInputError('The KMS encryption context must be a JSON object of strings');
  return Buffer.from(JSON.stringify(context)).toString('base64');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
