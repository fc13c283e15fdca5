import type { S3Upload } from '@livekit/protocol';
import type { SseConfig } from '../../config/config.js';

/** An S3 server and the credentials for it. */
export interface ServerSettings {
  /** With a scheme, without a trailing slash. By default Amazon's. */
  endpoint?: string;
  region: string;
  /** If a key is empty, the machine's role applies. */
  accessKey: string;
  secretKey: string;
  sessionToken?: string;
  /** Whether URLs name the bucket in the path instead of the host name. */
  pathStyle: boolean;
}

/** A bucket, and the attributes of all objects that are stored in it. */
export interface BucketSettings {
  server: ServerSettings;
  bucket: string;
  metadata?: Record<string, string>;
  /** Tags in the form of a query string. */
  tagging?: string;
  contentDisposition?: string;
  /** Encryption of the objects at rest. */
  sse?: SseConfig;
}

interface ConfiguredBucket extends Omit<ServerSettings, 'sessionToken'> {
  endpoint: string;
  bucket: string;
  sse?: SseConfig;
}

/** A real worker asks the bucket for its region. The servers that the simulator is used with accept this one. */
const DEFAULT_REGION = 'us-east-1';

/** The bucket of a request. */
export function readBucketSettings(upload: S3Upload): BucketSettings {
  const { accessKey, secret, sessionToken, region, endpoint, bucket, forcePathStyle } = upload;
  const { metadata, tagging, contentDisposition } = upload;
  return {
    server: {
      ...(endpoint !== '' && { endpoint: endpointUrl(endpoint) }),
      region: region || DEFAULT_REGION,
      accessKey,
      secretKey: secret,
      ...(sessionToken !== '' && { sessionToken }),
      pathStyle: forcePathStyle,
    },
    bucket,
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(tagging !== '' && { tagging }),
    ...(contentDisposition !== '' && { contentDisposition }),
  };
}

/** The bucket of Tally's configuration. */
export function bucketOf(configured: ConfiguredBucket): BucketSettings {
  const { bucket, endpoint, region, accessKey, secretKey, pathStyle, sse } = configured;
  const server = { endpoint: endpointUrl(endpoint), region, accessKey, secretKey, pathStyle };
  return { server, bucket, ...(sse !== undefined && { sse }) };
}

/** Adds the scheme that clients may omit, and drops the trailing slash. */
function endpointUrl(endpoint: string): string {
  return (/^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`).replace(/\/+$/, '');
}
