import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';

export interface S3ClientOptions {
  /** URL of the S3 server. Default: Amazon's server of the region. */
  endpoint?: string;
  region: string;
  /** The access key. Without both keys the SDK's provider chain is used: role, instance profile, shared files. */
  accessKey?: string;
  secretKey?: string;
  /** Put the bucket's name into the URL's path instead of its host name. */
  pathStyle: boolean;
  /** Time limit of an answer, milliseconds; after it the request is repeated. */
  answerLimitMs: number;
}

const CONNECT_LIMIT_MS = 1_000;
const ATTEMPTS = 3;
/**
 * A viewer occupies a socket while it plays or pauses. The number of viewers is limited where their requests arrive; a limit here
 * would make further viewers, and all other calls to the bucket, wait for one to leave.
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
    // S3 servers other than Amazon's may not support the checksums that the SDK adds by default; a range has no checksum anyway.
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

/** The HTTP status of an S3 error; undefined if the error is not an answer of the server. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function hasStatus(error: unknown, status: number): boolean {
  return statusOf(error) === status;
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof S3ServiceException && error.name === code;
}
