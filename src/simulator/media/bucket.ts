import { PutObjectCommand, type PutObjectCommandInput, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { SseConfig } from '../../config/config.js';
import type { BucketSettings, ServerSettings } from './bucket-settings.js';
import type { Storage } from './storage.js';

/** Opens buckets of any number of servers. All buckets with the same server settings share one client. */
export interface Buckets {
  open(settings: BucketSettings): Storage;
  close(): void;
}

const CONNECT_LIMIT_MS = 2_000;
const ANSWER_LIMIT_MS = 15_000;
/** Enough for all recordings of a deployment to end at once. */
const MAX_SOCKETS = 1_000;

export function createBuckets(): Buckets {
  const clients = new Map<string, S3Client>();

  const clientOf = (server: ServerSettings): S3Client => {
    const key = JSON.stringify(server);
    const known = clients.get(key);
    if (known) return known;
    const client = connect(server);
    clients.set(key, client);
    return client;
  };

  return {
    open: ({ server, bucket, metadata, tagging, contentDisposition, sse }) => {
      const client = clientOf(server);
      const extras = {
        ...(metadata && { Metadata: metadata }),
        ...(tagging !== undefined && { Tagging: tagging }),
        ...(contentDisposition !== undefined && { ContentDisposition: contentDisposition }),
        ...encryptionOf(sse),
      };
      return {
        name: 'S3',
        locate: (key) => locationOf(server, bucket, key),
        put: async (key, content, contentType) => {
          // One request with the whole body: a server that receives only a part stores nothing.
          const object = { Bucket: bucket, Key: key, Body: content, ContentType: contentType, ...extras };
          await client.send(new PutObjectCommand(object)).catch((error: unknown) => {
            throw new Error(reasonOf(error), { cause: error });
          });
          return locationOf(server, bucket, key);
        },
      };
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
      clients.clear();
    },
  };
}

function connect({ endpoint, region, accessKey, secretKey, sessionToken, pathStyle }: ServerSettings): S3Client {
  const hasKeys = accessKey !== '' && secretKey !== '';
  return new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(hasKeys && {
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey, ...(sessionToken !== undefined && { sessionToken }) },
    }),
    forcePathStyle: pathStyle,
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT_MS,
      requestTimeout: ANSWER_LIMIT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  });
}

function encryptionOf(sse: SseConfig | undefined): Partial<PutObjectCommandInput> {
  switch (sse?.type) {
    case undefined:
      return {};
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
    case 'SSE-C':
      return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: sse.customerKey };
  }
}

/** @see livekit/egress, `pkg/pipeline/sink/uploader/s3.go` */
function locationOf({ endpoint, pathStyle }: ServerSettings, bucket: string, key: string): string {
  if (endpoint === undefined) return `https://${bucket}.s3.amazonaws.com/${key}`;
  return pathStyle ? `${endpoint}/${bucket}/${key}` : `https://${bucket}.${new URL(endpoint).host}/${key}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof S3ServiceException) return `${error.name}: ${error.message}`;
  // A refused connection is an AggregateError without a message.
  return error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
}
