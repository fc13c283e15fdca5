import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { documentedVariables, environmentSchema } from '../../src/config/environment.js';
import { parseConfig } from '../../src/config/config.js';
import { InvalidInputError } from '../../src/errors.js';

function refusalOf(env: Record<string, string>): string {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
  throw new Error('The environment was accepted');
}

const LIVEKIT_URL = 'ws://lk';

describe('an empty environment', () => {
  it('selects the embedded adapters, on loopback, with absolute paths', () => {
    const { instanceId, ...config } = parseConfig({});
    expect(instanceId).toMatch(/.-[0-9a-f]{8}$/);
    expect(config).toMatchObject({
      projectId: 'openviduMeet',
      dataDir: path.resolve('.tally'),
      logLevel: 'info',
      http: { host: '127.0.0.1', port: 6080, corsOrigin: '*', trustedProxyHops: 0 },
      store: { kind: 'embedded' },
      locks: { kind: 'embedded' },
      media: { kind: 'embedded', dir: path.resolve('.tally/media'), egressDir: path.resolve('.tally/media') },
      livekit: { kind: 'embedded', port: 7880, apiKey: 'devkey' },
      timers: { startTimeoutMs: 30_000, stopTimeoutMs: 60_000, lockTtlMs: 6 * 3_600_000 },
    });
    expect(config).not.toHaveProperty('initialApiKey');
    expect(config.livekit).not.toHaveProperty('apiSecret');
  });

  it('means the same as an environment of empty variables', () => {
    const names = documentedVariables().map(({ name }) => name);
    const mayBeEmpty = /^MEET_(S3_(ACCESS|SECRET)_KEY|REDIS_PASSWORD|MONGO_ADMIN_(USERNAME|PASSWORD))$/;
    const ordinary = names.filter((name) => !mayBeEmpty.test(name));
    const empty = Object.fromEntries(ordinary.map((name, index) => [name, index % 2 === 0 ? '' : '  ']));
    const instanceId = 'one';
    expect({ ...parseConfig(empty), instanceId }).toStrictEqual({
      ...parseConfig({}),
      instanceId,
    });
  });

  it('gives each process its own instance id', () => {
    expect(parseConfig({}).instanceId).not.toBe(parseConfig({}).instanceId);
  });

  it('yields a configuration that is frozen at every depth', () => {
    const config = parseConfig({});
    expect(() => Object.assign(config.timers, { startTimeoutMs: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config, { dataDir: '/' })).toThrow(TypeError);
  });
});

describe('the timers of the jobs', () => {
  it('default to intervals between thirty seconds and one hour', () => {
    expect(parseConfig({}).timers).toMatchObject({
      lockKeeperIntervalMs: 30_000,
      lockGcIntervalMs: 30 * 60_000,
      lockGraceMs: 60_000,
      staleIntervalMs: 15 * 60_000,
      staleAfterMs: 5 * 60_000,
      roomExpiryIntervalMs: 3_600_000,
    });
  });

  it('accept intervals of a second and ages of zero', () => {
    const timers = {
      TALLY_LOCK_KEEPER_INTERVAL_MS: '1000',
      TALLY_LOCK_GC_INTERVAL_MS: '1001',
      TALLY_LOCK_GRACE_MS: '0',
      TALLY_STALE_INTERVAL_MS: '1002',
      TALLY_STALE_AFTER_MS: '0',
      TALLY_ROOM_EXPIRY_INTERVAL_MS: '1003',
    };
    expect(parseConfig(timers).timers).toMatchObject({
      lockKeeperIntervalMs: 1_000,
      lockGcIntervalMs: 1_001,
      lockGraceMs: 0,
      staleIntervalMs: 1_002,
      staleAfterMs: 0,
      roomExpiryIntervalMs: 1_003,
    });
  });
});

describe('the value of a variable', () => {
  it('reaches the configuration, trimmed', () => {
    const config = parseConfig({
      SERVER_PORT: ' 0 ',
      MEET_INITIAL_API_KEY: 'meet-api-key',
      TALLY_DATA_DIR: '/var/lib/tally',
      TALLY_EGRESS_MEDIA_DIR: '/out',
      MEET_LOG_LEVEL: 'DEBUG',
      TALLY_START_TIMEOUT_MS: '1500',
      TALLY_MIN_AUTO_DELETION_LEAD_MS: '0',
      TALLY_INSTANCE_ID: 'a',
    });
    expect(config).toMatchObject({
      instanceId: 'a',
      initialApiKey: 'meet-api-key',
      dataDir: '/var/lib/tally',
      logLevel: 'debug',
      http: { port: 0 },
      media: { dir: '/var/lib/tally/media', egressDir: '/out' },
      timers: { startTimeoutMs: 1_500, minAutoDeletionLeadMs: 0 },
    });
  });

  it.each([
    { given: 'https://meet.example.org/', baseUrl: 'https://meet.example.org' },
    { given: 'https://meet.example.org:443/tally/', baseUrl: 'https://meet.example.org/tally' },
    { given: 'http://meet.example.org:8080', baseUrl: 'http://meet.example.org:8080' },
  ])('is normalised: MEET_BASE_URL=$given becomes $baseUrl', ({ given, baseUrl }) => {
    expect(parseConfig({ MEET_BASE_URL: given }).http.baseUrl).toBe(baseUrl);
  });

  it.each([
    { env: { SERVER_PORT: 'http' }, refusal: 'SERVER_PORT must be a whole number from 0 to 65535' },
    { env: { SERVER_PORT: '65536' }, refusal: 'SERVER_PORT must be a whole number from 0 to 65535' },
    { env: { TALLY_TRUST_PROXY: '-1' }, refusal: 'TALLY_TRUST_PROXY must be a whole number from 0 to 10' },
    { env: { TALLY_DUE_INTERVAL_MS: '0' }, refusal: 'TALLY_DUE_INTERVAL_MS must be a whole number from 1 to 2147483647' },
    { env: { TALLY_START_TIMEOUT_MS: '1e3' }, refusal: 'TALLY_START_TIMEOUT_MS must be a whole number from 1 to 2147483647' },
    { env: { MEET_LOG_LEVEL: 'loud' }, refusal: 'MEET_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent' },
    { env: { TALLY_STORE: 'lmdb' }, refusal: 'TALLY_STORE must be one of embedded, real' },
    { env: { MEET_BASE_URL: 'meet.example.org' }, refusal: 'MEET_BASE_URL must be a URL like https://host' },
    { env: { LIVEKIT_URL: 'localhost:7880' }, refusal: 'LIVEKIT_URL must be a URL like ws://host' },
    { env: { LIVEKIT_URL: 'ws://key:secret@host' }, refusal: 'LIVEKIT_URL must be a URL like ws://host' },
    {
      env: { LIVEKIT_URL_PRIVATE: 'http://host/prefix' },
      refusal: 'LIVEKIT_URL_PRIVATE must be a URL like ws://host, without a path',
    },
    {
      env: { MEET_MONGO_URI: 'http://user:hush@host' },
      refusal: 'MEET_MONGO_URI must begin with mongodb:// or mongodb+srv://',
    },
    ...['one:27017', 'one,,two', 'user:hush@one'].map((nodes) => ({
      env: { MEET_MONGO_NODES: nodes },
      refusal: 'MEET_MONGO_NODES must be host names, comma-separated and without a port',
    })),
    ...['../up', 'a//b', './a'].map((folder) => ({
      env: { MEET_S3_SUBBUCKET: folder },
      refusal: 'MEET_S3_SUBBUCKET must be a folder like a/b',
    })),
    { env: { SERVER_CORS_ORIGIN: 'https://a\nb' }, refusal: 'SERVER_CORS_ORIGIN must be the value of a header' },
    ...['one', 'one:', ':1', 'one:0', 'one:65536', 'one:1,', 'one:1;two:2', '::1:1', 'redis://one:1'].map((list) => ({
      env: { TALLY_REDIS_CLUSTER_NODES: list, MEET_REDIS_SENTINEL_HOST_LIST: list },
      refusal: ['MEET_REDIS_SENTINEL_HOST_LIST', 'TALLY_REDIS_CLUSTER_NODES']
        .map((name) => `${name} must be host:port items, comma-separated`)
        .join('; '),
    })),
  ])('is refused in one line when it is bad: $env', ({ env, refusal }) => {
    expect(refusalOf(env)).toBe(refusal);
  });

  it('is never quoted in the error, which names all bad variables at once', () => {
    const message = refusalOf({ SERVER_PORT: 'hunter2', MEET_LOG_LEVEL: 'hunter2' });
    expect(message).toMatch(/^SERVER_PORT .*; MEET_LOG_LEVEL .*$/);
    expect(message).not.toContain('hunter2');
  });
});

describe('the configuration of LiveKit', () => {
  it('is real as soon as one of its variables is set; the others take their defaults', () => {
    expect(parseConfig({ LIVEKIT_API_KEY: 'k' }).livekit).toStrictEqual({
      kind: 'real',
      url: 'ws://localhost:7880',
      privateUrl: 'ws://localhost:7880',
      apiKey: 'k',
      apiSecret: 'secret',
    });
  });

  it('keeps the private URL apart from the public one', () => {
    const env = { LIVEKIT_URL: 'wss://lk.example.org/rtc/', LIVEKIT_URL_PRIVATE: 'http://10.0.0.1:7880/' };
    expect(parseConfig(env).livekit).toMatchObject({ url: 'wss://lk.example.org/rtc', privateUrl: 'http://10.0.0.1:7880' });
  });

  it('follows TALLY_LIVEKIT, whatever else is set', () => {
    expect(parseConfig({ TALLY_LIVEKIT: 'real' }).livekit.kind).toBe('real');
    expect(parseConfig({ TALLY_LIVEKIT: 'embedded', LIVEKIT_API_SECRET: 's', TALLY_SIMULATOR_PORT: '0' }).livekit).toStrictEqual({
      kind: 'embedded',
      port: 0,
      apiKey: 'devkey',
      apiSecret: 's',
    });
  });

  it('refuses a URL with a path when no private URL is set', () => {
    expect(refusalOf({ LIVEKIT_URL: 'wss://lk.example.org/rtc' })).toMatch(/^LIVEKIT_URL has a path/);
  });

  it.each([
    { LIVEKIT_URL: 'ws://lk' },
    { LIVEKIT_API_SECRET: 'secret' },
    { TALLY_LIVEKIT: 'embedded', LIVEKIT_API_SECRET: 'secret' },
  ])('with the published default secret allows loopback addresses only: %o', (env) => {
    expect(refusalOf({ TALLY_HOST: '0.0.0.0', ...env })).toMatch(/^TALLY_HOST .* LIVEKIT_API_SECRET/);
    for (const host of ['127.0.0.1', '127.0.1.1', '::1', 'localhost'])
      expect(parseConfig({ TALLY_HOST: host, ...env }).http.host).toBe(host);
  });

  it('with another or a generated secret allows every address', () => {
    expect(parseConfig({ TALLY_HOST: '0.0.0.0' }).http.host).toBe('0.0.0.0');
    expect(parseConfig({ TALLY_HOST: '::', LIVEKIT_API_SECRET: 'own' }).http.host).toBe('::');
  });

  it('refuses an initial API key of fewer than 16 characters, except on loopback', () => {
    const env = { MEET_INITIAL_API_KEY: 'fifteen-letters', LIVEKIT_API_SECRET: 'own' };
    expect(refusalOf({ TALLY_HOST: '0.0.0.0', ...env })).toBe(
      'MEET_INITIAL_API_KEY must have at least 16 characters when TALLY_HOST is not loopback',
    );
    expect(parseConfig(env).initialApiKey).toBe('fifteen-letters');
    expect(parseConfig({ TALLY_HOST: '0.0.0.0', ...env, MEET_INITIAL_API_KEY: 'sixteen-letters!' }).initialApiKey).toBe(
      'sixteen-letters!',
    );
  });
});

describe('an object store without an adapter', () => {
  it.each([
    { env: { MEET_AZURE_ACCOUNT_NAME: 'x' }, asks: 'MEET_AZURE_ACCOUNT_NAME' },
    { env: { MEET_BLOB_STORAGE_MODE: 'gcs' }, asks: 'MEET_BLOB_STORAGE_MODE=gcs' },
  ])('is refused, unless TALLY_MEDIA=embedded is set: $asks', ({ env, asks }) => {
    expect(refusalOf(env)).toMatch(new RegExp(`^${asks} asks for an object store without an adapter in this version`));
    expect(parseConfig({ ...env, TALLY_MEDIA: 'embedded' }).media.kind).toBe('embedded');
  });
});

describe('a family of variables', () => {
  it('selects the real adapter as soon as one is set, unless the embedded one is chosen by name', () => {
    expect(parseConfig({ MEET_MONGO_NODES: 'x' }).store.kind).toBe('real');
    expect(parseConfig({ MEET_MONGO_NODES: 'x', TALLY_STORE: 'embedded' }).store.kind).toBe('embedded');
    expect(parseConfig({ TALLY_STORE: 'real' }).store.kind).toBe('real');
    expect(parseConfig({ MEET_REDIS_HOST: 'x' }).locks.kind).toBe('real');
    expect(parseConfig({ TALLY_LOCKS: 'real' }).locks.kind).toBe('real');
    expect(parseConfig({ LIVEKIT_URL, MEET_S3_BUCKET: 'x' }).media.kind).toBe('real');
    expect(parseConfig({ LIVEKIT_URL, MEET_BLOB_STORAGE_MODE: 's3' }).media.kind).toBe('real');
    expect(parseConfig({ MEET_S3_BUCKET: 'x', TALLY_MEDIA: 'embedded' }).media.kind).toBe('embedded');
  });

  it('gives unset members their defaults and encodes the credentials in the connection string', () => {
    const { store, locks, media } = parseConfig({ LIVEKIT_URL, TALLY_STORE: 'real', TALLY_LOCKS: 'real', TALLY_MEDIA: 'real' });
    expect(store).toStrictEqual({
      kind: 'real',
      uri: 'mongodb://mongoadmin:mongoadmin@localhost:27017/?replicaSet=rs0&readPreference=primaryPreferred&directConnection=true',
      dbName: 'openvidu-meet',
    });
    expect(locks).toStrictEqual({ kind: 'real', host: 'localhost', port: 6379, password: 'redispassword', db: 0 });
    expect(media).toMatchObject({
      bucket: 'openvidu-appdata',
      subfolder: 'openvidu-meet',
      accessKey: 'minioadmin',
      pathStyle: true,
    });
    expect(parseConfig({ MEET_MONGO_ADMIN_PASSWORD: 'p@ss/w', MEET_MONGO_NODES: 'a, b' }).store).toMatchObject({
      uri: 'mongodb://mongoadmin:p%40ss%2Fw@a:27017,b:27017/?replicaSet=rs0&readPreference=primaryPreferred',
    });
    expect(parseConfig({ MEET_MONGO_NODES: '[::1]' }).store).toMatchObject({ uri: expect.stringContaining('@[::1]:27017/') });
    expect(parseConfig({ MEET_S3_SUBBUCKET: '/a/b/' }).media).toMatchObject({ subfolder: '/a/b/' });
    expect(parseConfig({ MEET_MONGO_URI: 'mongodb://h/' }).store).toMatchObject({ uri: 'mongodb://h/' });
  });

  it('has no credentials when they are set to nothing', () => {
    expect(parseConfig({ MEET_REDIS_PASSWORD: '' }).locks).not.toHaveProperty('password');
    const mongo = parseConfig({ MEET_MONGO_ADMIN_USERNAME: '', MEET_MONGO_ADMIN_PASSWORD: '' }).store;
    expect(mongo).toMatchObject({ uri: expect.stringMatching(/^mongodb:\/\/localhost:27017\//) });
    const keys = { MEET_S3_ACCESS_KEY: '', MEET_S3_SECRET_KEY: '' };
    expect(parseConfig({ LIVEKIT_URL, ...keys }).media).toMatchObject({ accessKey: '', secretKey: '' });
  });

  it.each([{}, { MEET_REDIS_SENTINEL_PASSWORD: '' }])('with sentinels needs no password of the sentinels: %j', (password) => {
    const { locks } = parseConfig({ MEET_REDIS_SENTINEL_HOST_LIST: 'a:1', ...password });
    expect(locks).toMatchObject({ sentinels: { addresses: [{ host: 'a', port: 1 }], masterName: 'openvidu' } });
    expect(locks).not.toHaveProperty('sentinels.password');
  });

  it('has the sentinels with their password', () => {
    const hosts = { MEET_REDIS_SENTINEL_HOST_LIST: 'a:1,b:2' };
    expect(parseConfig({ ...hosts, MEET_REDIS_SENTINEL_PASSWORD: 'p' }).locks).toMatchObject({
      sentinels: {
        addresses: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
        masterName: 'openvidu',
        password: 'p',
      },
    });
  });

  it('accepts the addresses of some nodes of a Redis cluster', () => {
    expect(parseConfig({ TALLY_REDIS_CLUSTER_NODES: 'one:26379, two.example:1,[::1]:65535' }).locks).toMatchObject({
      clusterNodes: [
        { host: 'one', port: 26_379 },
        { host: 'two.example', port: 1 },
        { host: '::1', port: 65_535 },
      ],
    });
  });

  it('allows S3 beside the simulator, which uploads there', () => {
    expect(parseConfig({ MEET_S3_BUCKET: 'x' })).toMatchObject({ media: { kind: 'real' }, livekit: { kind: 'embedded' } });
  });

  it('makes Tally trust one proxy by default when it selects MongoDB', () => {
    expect(parseConfig({ TALLY_STORE: 'real' }).http.trustedProxyHops).toBe(1);
    expect(parseConfig({ TALLY_STORE: 'real', TALLY_TRUST_PROXY: '0' }).http.trustedProxyHops).toBe(0);
  });
});

describe('NODE_ENV=production', () => {
  const NODE_ENV = 'production';

  it('refuses a real LiveKit beside the embedded store, unless TALLY_STORE=embedded is set', () => {
    expect(refusalOf({ NODE_ENV, LIVEKIT_URL: 'ws://lk' })).toMatch(/^NODE_ENV=production .* TALLY_STORE=embedded/);
    expect(parseConfig({ NODE_ENV, LIVEKIT_URL: 'ws://lk', TALLY_STORE: 'embedded' }).livekit.kind).toBe('real');
  });

  it('allows the embedded store beside the simulator', () => {
    expect(parseConfig({ NODE_ENV }).livekit.kind).toBe('embedded');
  });
});

describe('the documentation of the variables', () => {
  it('leaves no variable out', () => {
    expect(documentedVariables().map(({ name }) => name)).toStrictEqual(Object.keys(environmentSchema.shape));
  });

  it('describes every variable and gives its default or the origin of its default', () => {
    for (const { name, description, defaultValue, defaultText } of documentedVariables()) {
      expect(description, name).toMatch(/^[A-Z`].*\.$/);
      if (name !== 'NODE_ENV') expect(defaultValue ?? defaultText, name).toBeTruthy();
    }
  });

  it('gives defaults that change nothing when they are set', () => {
    const defaults = documentedVariables().flatMap(({ name, defaultValue }) =>
      defaultValue === undefined ? [] : [[name, defaultValue]],
    );
    const env = {
      ...(Object.fromEntries(defaults) as Record<string, string>),
      TALLY_LIVEKIT: 'embedded',
      TALLY_STORE: 'embedded',
      TALLY_LOCKS: 'embedded',
      TALLY_MEDIA: 'embedded',
      TALLY_INSTANCE_ID: 'a',
    };
    expect(parseConfig(env)).toStrictEqual(parseConfig({ TALLY_INSTANCE_ID: 'a' }));
  });
});

describe('encryption on S3', () => {
  const sseOf = (env: Record<string, string>) => {
    const { media } = parseConfig({ LIVEKIT_URL, MEET_S3_SERVICE_ENDPOINT: 'https://s3.example.org', ...env });
    return media.kind === 'real' ? media.sse : undefined;
  };
  const customerKey = Buffer.alloc(32, 7).toString('base64');

  it('follows the bucket when unset, else is SSE-S3, SSE-KMS or SSE-C', () => {
    expect(sseOf({})).toBeUndefined();
    expect(sseOf({ MEET_S3_SSE_TYPE: 'sse-s3' })).toEqual({ type: 'SSE-S3' });
    expect(sseOf({ MEET_S3_SSE_TYPE: 'SSE-KMS' })).toEqual({ type: 'SSE-KMS' });
    const kms = { MEET_S3_SSE_KMS_KEY_ID: 'key', MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: '{"tenant":"a"}' };
    expect(sseOf({ MEET_S3_SSE_TYPE: 'SSE-KMS', ...kms })).toEqual({ type: 'SSE-KMS', keyId: 'key', context: { tenant: 'a' } });
    const customers = { MEET_S3_SSE_TYPE: 'SSE-C', TALLY_S3_SSE_CUSTOMER_KEY: customerKey };
    expect(sseOf(customers)).toEqual({ type: 'SSE-C', customerKey });
  });

  it.each([
    [{ MEET_S3_SSE_TYPE: 'AES256' }, 'MEET_S3_SSE_TYPE must be one of SSE-S3, SSE-KMS, SSE-C'],
    [{ MEET_S3_SSE_KMS_KEY_ID: 'key' }, 'MEET_S3_SSE_KMS_KEY_ID goes with MEET_S3_SSE_TYPE=SSE-KMS only'],
    [
      { MEET_S3_SSE_TYPE: 'SSE-S3', MEET_S3_SSE_KMS_KEY_ID: 'key', MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: '{}' },
      'MEET_S3_SSE_KMS_KEY_ID goes with MEET_S3_SSE_TYPE=SSE-KMS only; MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT goes with MEET_S3_SSE_TYPE=SSE-KMS only',
    ],
    ...['tenant=a', '["a"]', 'null', '{"tenant":1}'].map((context) => [
      { MEET_S3_SSE_TYPE: 'SSE-KMS', MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT: context },
      'MEET_S3_SSE_KMS_ENCRYPTION_CONTEXT must be a JSON object of strings',
    ]),
    [{ MEET_S3_SSE_TYPE: 'SSE-C' }, 'MEET_S3_SSE_TYPE=SSE-C needs TALLY_S3_SSE_CUSTOMER_KEY'],
    [
      { MEET_S3_SSE_TYPE: 'SSE-C', TALLY_S3_SSE_CUSTOMER_KEY: 'dG9vIHNob3J0' },
      'TALLY_S3_SSE_CUSTOMER_KEY must be 32 bytes in base64',
    ],
    [
      { MEET_S3_SSE_TYPE: 'SSE-S3', TALLY_S3_SSE_CUSTOMER_KEY: customerKey },
      'TALLY_S3_SSE_CUSTOMER_KEY goes with MEET_S3_SSE_TYPE=SSE-C only',
    ],
    [
      {
        MEET_S3_SSE_TYPE: 'SSE-C',
        TALLY_S3_SSE_CUSTOMER_KEY: customerKey,
        MEET_S3_SERVICE_ENDPOINT: 'http://s3.example.org',
      },
      'MEET_S3_SSE_TYPE=SSE-C needs an https MEET_S3_SERVICE_ENDPOINT: the key goes with each request',
    ],
  ] as [Record<string, string>, string][])('is refused for missing, bad or misplaced settings: %o', (env, refusal) => {
    const given = { LIVEKIT_URL, MEET_S3_SERVICE_ENDPOINT: 'https://s3.example.org', ...env };
    expect(refusalOf(given)).toBe(refusal);
    expect(refusal).not.toContain(customerKey);
  });
});

describe('TALLY_MEDIA_DELIVERY', () => {
  const linksOf = (env: Record<string, string>) => {
    const { media } = parseConfig({ LIVEKIT_URL, MEET_S3_BUCKET: 'x', ...env });
    return media.kind === 'real' ? media.links : undefined;
  };

  it('serves files through Tally, or sends players to the public endpoint of the bucket', () => {
    expect(linksOf({})).toBeUndefined();
    const redirect = { TALLY_MEDIA_DELIVERY: 'redirect' };
    expect(linksOf(redirect)).toEqual({ endpoint: 'http://localhost:9000', ttlMs: 900_000 });
    expect(
      linksOf({ ...redirect, TALLY_S3_PUBLIC_ENDPOINT: 'https://media.example.org/', TALLY_MEDIA_URL_TTL_MS: '60000' }),
    ).toEqual({ endpoint: 'https://media.example.org', ttlMs: 60_000 });
  });

  it('refuses redirect for files on disk, for SSE-C, and for a bad life of the URL', () => {
    const redirect = { TALLY_MEDIA_DELIVERY: 'redirect' };
    expect(refusalOf(redirect)).toBe('TALLY_MEDIA_DELIVERY=redirect needs an S3 bucket: files on disk have no URL');
    const customers = {
      MEET_S3_SSE_TYPE: 'SSE-C',
      TALLY_S3_SSE_CUSTOMER_KEY: Buffer.alloc(32).toString('base64'),
      MEET_S3_SERVICE_ENDPOINT: 'https://s3.example.org',
    };
    expect(refusalOf({ ...redirect, ...customers, LIVEKIT_URL })).toMatch(/cannot be used with MEET_S3_SSE_TYPE=SSE-C/);
    for (const ms of ['59999', '86400001']) {
      expect(refusalOf({ TALLY_MEDIA_URL_TTL_MS: ms })).toMatch(/whole number from 60000 to 86400000/);
    }
  });
});
