import type { S3Upload } from '@livekit/protocol';
import type { SseConfig } from '../../config/config.js';

/** An S3 server and who we are to it. */
export interface ServerSettings {
  /** Default: Amazon's. With a scheme, without a trailing slash. */
  endpoint?: string;
  region: string;
  /** Without both keys the machine's role is used. */
  accessKey: string;
  secretKey: string;
  sessionToken?: string;
  /** The bucket in the path and not in the host name. */
  pathStyle: boolean;
}

/** A bucket, and what every object in it is stored with. */
export interface BucketSettings {
  server: ServerSettings;
  bucket: string;
  metadata?: Record<string, string>;
  /** As a query string. */
  tagging?: string;
  contentDisposition?: string;
  /** How its objects are encrypted at rest. */
  sse?: SseConfig;
}

interface ConfiguredBucket extends Omit<ServerSettings, 'sessionToken'> {
  endpoint: string;
  bucket: string;
  sse?: SseConfig;
}

/** A real worker asks the bucket where it is; the servers that a simulator meets take this one. */
const DEFAULT_REGION = 'us-east-1';

/** What a request says about its bucket. */
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

/** The bucket of a configuration as Tally has it. */
export function bucketOf(configured: ConfiguredBucket): BucketSettings {
  const { bucket, endpoint, region, accessKey, secretKey, pathStyle, sse } = configured;
  const server = { endpoint: endpointUrl(endpoint), region, accessKey, secretKey, pathStyle };
  return { server, bucket, ...(sse !== undefined && { sse }) };
}

/** With a scheme, as clients may leave it out, and without a slash, which a key brings along. */
function endpointUrl(endpoint: string): string {
  return (/^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`).replace(/\/+$/, '');
}
