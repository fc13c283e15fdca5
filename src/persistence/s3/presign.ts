import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { createClient, type S3ClientOptions } from './s3-client.js';

/** What is said to whoever may play the object by itself. */
export interface LinkOptions {
  /** The S3 server as browsers reach it; a signature holds for one host only. */
  endpoint: string;
  /** How long a URL works, milliseconds, in whole seconds. */
  ttlMs: number;
}

export function createPresigner(server: S3ClientOptions, { endpoint, ttlMs }: LinkOptions) {
  const client = createClient({ ...server, endpoint });
  const asPlayed = { ResponseContentType: 'video/mp4', ResponseCacheControl: 'private, max-age=3600' };
  return {
    /** A URL under which the object plays. Made here: no server is asked. */
    presign: (target: { Bucket: string; Key: string }): Promise<string> =>
      getSignedUrl(client, new GetObjectCommand({ ...target, ...asPlayed }), { expiresIn: Math.floor(ttlMs / 1_000) }),
    close: (): void => client.destroy(),
  };
}
