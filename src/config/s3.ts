import { refusal } from './refusal.js';
import { base64, checked, docs, integer, jsonOfStrings, oneOf, text, url, type Values } from './values.js';

export const s3Variables = {
  MEET_S3_BUCKET: text().default('openvidu-appdata').register(docs, { description: 'Bucket.' }),
  MEET_S3_SUBBUCKET: checked('must be a folder like a/b', isFolder)
    .default('openvidu-meet')
    .register(docs, { description: 'Folder in the bucket under which Tally keeps its objects.' }),
  MEET_S3_SERVICE_ENDPOINT: url(['http', 'https'])
    .default('http://localhost:9000')
    .register(docs, { description: 'URL of the S3 service.' }),
  MEET_S3_ACCESS_KEY: text()
    .default('minioadmin')
    .register(docs, { description: "Access key; an empty value means the machine's role." }),
  MEET_S3_SECRET_KEY: text()
    .default('minioadmin')
    .register(docs, { description: "Secret key; an empty value means the machine's role." }),
  MEET_AWS_REGION: text().default('us-east-1').register(docs, { description: 'Region.' }),
  MEET_S3_WITH_PATH_STYLE_ACCESS: text()
    .default('true')
    .register(docs, { description: '`true` puts the bucket into the path of URLs, anything else into the host name.' }),
  MEET_BLOB_STORAGE_MODE: oneOf(['s3', 'abs', 'gcs'])
    .default('s3')
    .register(docs, { description: 'Kind of object store; this version has `s3` only.' }),
  MEET_S3_SSE_TYPE: oneOf(['SSE-S3', 'SSE-KMS', 'SSE-C']).optional().register(docs, {
    description:
      'Encryption of objects at rest. The simulator follows it; a real egress has its own settings. `SSE-C` needs the customer key below for every access.',
    defaultText: "the bucket's own setting",
  }),
  MEET_S3_SSE_KMS_KEY_ID: text().optional().register(docs, {
    description: 'Key of `SSE-KMS`.',
    defaultText: "the account's default key",
  }),
  MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: jsonOfStrings().optional().register(docs, {
    description: 'Context of `SSE-KMS`: a JSON object of strings.',
    defaultText: 'none',
  }),
  TALLY_S3_SSE_CUSTOMER_KEY: base64(32).optional().register(docs, {
    description: 'Customer key: 32 bytes in base64; required with `SSE-C`.',
    defaultText: 'none',
  }),
  TALLY_MEDIA_DELIVERY: oneOf(['proxy', 'redirect']).default('proxy').register(docs, {
    description: '`proxy` plays recordings through Tally; `redirect` sends players to a signed URL of the bucket.',
  }),
  TALLY_S3_PUBLIC_ENDPOINT: url(['http', 'https']).optional().register(docs, {
    description: 'URL by which players reach the S3 service; used with `redirect`.',
    defaultText: 'value of `MEET_S3_SERVICE_ENDPOINT`',
  }),
  TALLY_MEDIA_URL_TTL_MS: integer(60_000, 86_400_000).default(900_000).register(docs, {
    description:
      'Life of a signed URL; anyone who has the URL can play the file. A player keeps its URL while it seeks, so the URL must outlive a viewing.',
    unit: 'ms',
  }),
};

export type SseConfig =
  | { type: 'SSE-S3' }
  | { type: 'SSE-KMS'; keyId?: string; context?: Readonly<Record<string, string>> }
  /** 32 bytes in base64. */
  | { type: 'SSE-C'; customerKey: string };

export interface S3Config {
  kind: 'real';
  bucket: string;
  subfolder: string;
  endpoint: string;
  region: string;
  /** When both keys are empty, the machine's role applies. */
  accessKey: string;
  secretKey: string;
  pathStyle: boolean;
  sse?: SseConfig;
  /** With `redirect`: the endpoint and the life of the signed URLs for players. */
  links?: { endpoint: string; ttlMs: number };
}

type S3Values = Values<typeof s3Variables>;

/** @throws InvalidInputError as `toSse`, and when links would lead to files that players cannot read */
export function toS3(values: S3Values): S3Config {
  const sse = toSse(values);
  const links = toLinks(values);
  return {
    kind: 'real',
    bucket: values.MEET_S3_BUCKET,
    subfolder: values.MEET_S3_SUBBUCKET,
    endpoint: values.MEET_S3_SERVICE_ENDPOINT,
    region: values.MEET_AWS_REGION,
    accessKey: values.MEET_S3_ACCESS_KEY,
    secretKey: values.MEET_S3_SECRET_KEY,
    pathStyle: values.MEET_S3_WITH_PATH_STYLE_ACCESS === 'true',
    ...(sse !== undefined && { sse }),
    ...(links !== undefined && { links }),
  };
}

function toLinks(values: S3Values): { endpoint: string; ttlMs: number } | undefined {
  if (values.TALLY_MEDIA_DELIVERY === 'proxy') return undefined;
  if (values.MEET_S3_SSE_TYPE === 'SSE-C') {
    const message = 'cannot be used with MEET_S3_SSE_TYPE=SSE-C: a player has no key to send';
    throw refusal(['TALLY_MEDIA_DELIVERY=redirect', message]);
  }
  return {
    endpoint: values.TALLY_S3_PUBLIC_ENDPOINT ?? values.MEET_S3_SERVICE_ENDPOINT,
    ttlMs: values.TALLY_MEDIA_URL_TTL_MS,
  };
}

/** @throws InvalidInputError when a setting belongs to another type, or a required setting is missing */
function toSse(values: S3Values): SseConfig | undefined {
  const { MEET_S3_SSE_TYPE: type, TALLY_S3_SSE_CUSTOMER_KEY: customerKey } = values;
  const { MEET_S3_SSE_KMS_KEY_ID: keyId, MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: context } = values;
  const ownedBy = {
    MEET_S3_SSE_KMS_KEY_ID: 'SSE-KMS',
    MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: 'SSE-KMS',
    TALLY_S3_SSE_CUSTOMER_KEY: 'SSE-C',
  } as const;
  const misplaced = Object.entries(ownedBy).filter(
    ([field, owner]) => values[field as keyof typeof ownedBy] !== undefined && owner !== type,
  );
  if (misplaced.length > 0) {
    throw refusal(...misplaced.map(([name, owner]): [string, string] => [name, `goes with MEET_S3_SSE_TYPE=${owner} only`]));
  }
  switch (type) {
    case undefined:
      return undefined;
    case 'SSE-S3':
      return { type };
    case 'SSE-KMS':
      return { type, ...(keyId !== undefined && { keyId }), ...(context !== undefined && { context }) };
    case 'SSE-C':
      if (customerKey === undefined) throw refusal(['MEET_S3_SSE_TYPE=SSE-C', 'needs TALLY_S3_SSE_CUSTOMER_KEY']);
      if (!values.MEET_S3_SERVICE_ENDPOINT.startsWith('https:')) {
        throw refusal(['MEET_S3_SSE_TYPE=SSE-C', 'needs an https MEET_S3_SERVICE_ENDPOINT: the key goes with each request']);
      }
      return { type, customerKey };
  }
}

/** Leading and trailing slashes are ignored. */
function isFolder(given: string): boolean {
  const folder = given.replace(/^\/+|\/+$/g, '');
  return folder === '' || folder.split('/').every((part) => !['', '.', '..'].includes(part));
}
