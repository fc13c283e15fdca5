import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { createClient, type S3ClientOptions } from './s3-client.js';

/** Options of the URLs by which players load an object directly from the S3 server. */
export interface LinkOptions {
  /** URL of the S3 server for browsers; a signature is valid for this host only. */
  endpoint: string;
  /** How long a URL is valid, milliseconds, rounded down to whole seconds. */
  ttlMs: number;
}

export function createPresigner(server: S3ClientOptions, { endpoint, ttlMs }: LinkOptions) {
  const client = createClient({ ...server, endpoint });
  const asPlayed = { ResponseContentType: 'video/mp4', ResponseCacheControl: 'private, max-age=3600' };
  return {
    /** Create a signed URL for playing the object, without a request to a server. */
    presign: (target: { Bucket: string; Key: string }): Promise<string> =>
      getSignedUrl(client, new GetObjectCommand({ ...target, ...asPlayed }), { expiresIn: Math.floor(ttlMs / 1_000) }),
    close: (): void => client.destroy(),
  };
}
