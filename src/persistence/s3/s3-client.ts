import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';

export interface S3ClientOptions {
  /** URL of a server that is not Amazon's. */
  endpoint?: string;
  region: string;
  /** Without both keys the provider chain is asked: role, instance profile, shared files. */
  accessKey?: string;
  secretKey?: string;
  /** The bucket in the path and not in the host name. */
  pathStyle: boolean;
  /** How long an answer may take before the request is repeated, milliseconds. */
  answerLimitMs: number;
}

const CONNECT_LIMIT_MS = 1_000;
const ATTEMPTS = 3;
/**
 * A viewer keeps a socket for as long as it plays or pauses. How many there may be is decided where they come in: a limit here
 * would make whoever is above it wait for one of them to leave, and with him every look at the bucket.
 */
const MAX_SOCKETS = Infinity;

export function createClient({ endpoint, region, accessKey, secretKey, pathStyle, answerLimitMs }: S3ClientOptions): S3Client {
  const hasKeys = (accessKey ?? '') !== '' && (secretKey ?? '') !== '';
  return new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(hasKeys && { credentials: { accessKeyId: accessKey ?? '', secretAccessKey: secretKey ?? '' } }),
    forcePathStyle: pathStyle,
    maxAttempts: ATTEMPTS,
    // Other servers know none, or others, of the checksums that the SDK adds by itself; a range has none to check.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT_MS,
      requestTimeout: answerLimitMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  });
}

/** undefined: no answer came. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function hasStatus(error: unknown, status: number): boolean {
  return statusOf(error) === status;
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof S3ServiceException && error.name === code;
}
