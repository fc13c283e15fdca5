import { createServer, type IncomingMessage } from 'node:http';
import { readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { EgressStatus, EncodedFileOutput, GCPUpload, type EncodedFileType, type EgressInfo, S3Upload } from 'livekit-server-sdk';
import { ProxyConfig, StartEgressRequest } from '@livekit/protocol';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SseConfig } from '../../src/config/config.js';
import { bucketOf } from '../../src/simulator/index.js';
import { createLiveStage, fileOutput, type Stage } from './support.js';

const [OWN, OTHER] = ['own-bucket', 'bucket-of-a-request'];
const CUSTOMER_KEY = Buffer.alloc(32, 7).toString('base64');
const KEYS = { accessKey: 'any', secretKey: 'any' };
let server: FauxqsServer;
let endpoint: string;
let client: S3Client;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  endpoint = `http://127.0.0.1:${server.port}`;
  const credentials = { accessKeyId: KEYS.accessKey, secretAccessKey: KEYS.secretKey };
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  for (const Bucket of [OWN, OTHER]) await client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

/** The simulator's own storage, as Tally's variables describe it. */
const own = (changes: { endpoint?: string; sse?: SseConfig } = {}) => ({
  bucket: bucketOf({ bucket: OWN, endpoint, region: 'us-east-1', pathStyle: true, ...KEYS, ...changes }),
});

/** A file that its request sends to a bucket. */
const toBucket = (filepath: string, upload: Partial<S3Upload> = {}) => {
  const value = new S3Upload({ endpoint, bucket: OTHER, accessKey: 'any', secret: 'any', forcePathStyle: true, ...upload });
  return { file: new EncodedFileOutput({ filepath, output: { case: 's3', value } }) };
};

async function record(stage: Stage, output: { file: EncodedFileOutput }): Promise<EgressInfo> {
  const { egressId } = await stage.egress.startRoomCompositeEgress('r', output);
  await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
  await stage.egress.stopEgress(egressId);
  const { egressInfo } = await stage.sink.event('egress_ended');
  if (egressInfo === undefined) throw new Error('an end without its egress');
  return egressInfo;
}

async function keysIn(bucket: string, prefix: string): Promise<(string | undefined)[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return Contents.map(({ Key }) => Key);
}

async function fetchObject(bucket: string, key: string) {
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return { ...answer, bytes: (await answer.Body?.transformToByteArray()) ?? new Uint8Array() };
}

/** Says yes to every request, and keeps it. */
async function startAcceptingServer(): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const storage = createServer((request, response) => {
    requests.push(request);
    request.resume().once('end', () => response.writeHead(200, { ETag: '"e"' }).end());
  });
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    storage.closeAllConnections();
    storage.close();
  });
  return { url: `http://127.0.0.1:${(storage.address() as AddressInfo).port}`, requests };
}

describe("the simulator's own bucket", () => {
  it('holds the recording under its path, and a manifest beside it', async () => {
    const stage = await createLiveStage({ media: own() });
    const info = await record(stage, fileOutput('a/x'));
    const [file] = info.fileResults;
    expect(info).toMatchObject({ status: EgressStatus.EGRESS_COMPLETE, error: '' });
    expect(file).toMatchObject({ filename: 'a/x.mp4', location: `${endpoint}/${OWN}/a/x.mp4` });
    expect(info.manifestLocation).toBe(`${endpoint}/${OWN}/a/${info.egressId}.json`);
    expect((await keysIn(OWN, 'a/')).sort()).toEqual([`a/${info.egressId}.json`, 'a/x.mp4']);
    const { bytes, ContentType } = await fetchObject(OWN, 'a/x.mp4');
    expect([BigInt(bytes.length), ContentType]).toEqual([file?.size, 'video/mp4']);
    const durationS = await new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS }).computeDuration();
    expect(BigInt(Math.round(durationS * 1000)) * 1_000_000n).toBe(file?.duration);
    const manifest = JSON.parse(Buffer.from((await fetchObject(OWN, `a/${info.egressId}.json`)).bytes).toString()) as object;
    expect(manifest).toMatchObject({ egress_id: info.egressId, files: [{ filename: 'a/x.mp4', location: file?.location }] });
  });

  it('holds nothing before the end, and what closing the simulator ends', async () => {
    const stage = await createLiveStage({ media: own() });
    await stage.egress.startRoomCompositeEgress('r', fileOutput('closing/x', { disableManifest: true }));
    await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    expect(await keysIn(OWN, 'closing/')).toEqual([]);
    await stage.simulator.close();
    expect(await keysIn(OWN, 'closing/')).toEqual(['closing/x.mp4']);
  });

  it.each([
    ['empty-or-missing-file', 'missing', []],
    ['empty-or-missing-file', 'empty', ['{}/x.mp4']],
    ['backup-used', undefined, ['backup/{}/x.mp4']],
    ['disk-full', 'local', []],
    ['upload-failed', undefined, []],
  ])('%s (%s): holds %j', async (name, status, keys) => {
    const folder = `${name}-${status ?? ''}`;
    const stage = await createLiveStage({ media: own(), script: { name, ...(status !== undefined && { status }) } });
    await record(stage, fileOutput(`${folder}/x`, { disableManifest: true }));
    const found = [...(await keysIn(OWN, folder)), ...(await keysIn(OWN, `backup/${folder}`))];
    expect(found).toEqual(keys.map((key) => key.replace('{}', folder)));
  });
});

describe('the bucket of a request', () => {
  it('is taken instead of the folder, with what the request says of the object', async () => {
    const stage = await createLiveStage();
    const info = await record(stage, toBucket('b/x', { metadata: { meeting: 'm1' } }));
    expect(info.fileResults).toMatchObject([{ location: `${endpoint}/${OTHER}/b/x.mp4` }]);
    expect(await fetchObject(OTHER, 'b/x.mp4')).toMatchObject({ Metadata: { meeting: 'm1' } });
    expect(await readdir(stage.mediaDir)).toEqual([]);
    expect(JSON.stringify(info)).toContain('{access_key}');
  });

  it("is taken instead of the simulator's own", async () => {
    const stage = await createLiveStage({ media: own() });
    await record(stage, toBucket('c/x'));
    expect([await keysIn(OWN, 'c/'), (await keysIn(OTHER, 'c/')).length]).toEqual([[], 2]);
  });

  it('may be on Amazon, or named without a scheme', async () => {
    const locations = [
      [{ bucket: 'b', endpoint: '' }, 'https://b.s3.amazonaws.com/x.mp4'],
      [{ bucket: 'b', endpoint: 's3.example.com/' }, 'https://b.s3.example.com/x.mp4'],
    ] as const;
    for (const [upload, location] of locations) {
      const stage = await createLiveStage({ script: { name: 'empty-or-missing-file', status: 'missing' } });
      const output = toBucket('x', { ...upload, forcePathStyle: false });
      output.file.disableManifest = true;
      expect((await record(stage, output)).fileResults).toMatchObject([{ location }]);
    }
  });

  it('counts in the newer start call too, for one output or for all', async () => {
    const stage = await createLiveStage();
    const storage = { provider: { case: 's3' as const, value: toBucket('').file.output.value as S3Upload } };
    const file = (filepath: string) => ({
      config: { case: 'file' as const, value: { fileType: 0 as EncodedFileType, filepath } },
    });
    const source = { case: 'template' as const, value: { layout: 'grid' } };
    const requests = [{ outputs: [{ ...file('d/one'), storage }] }, { outputs: [file('d/all')], storage }];
    for (const request of requests) {
      const { egressId } = await stage.egress.startEgress(new StartEgressRequest({ roomName: 'r', source, ...request }));
      await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
      await stage.egress.stopEgress(egressId);
      await stage.sink.event('egress_ended', EgressStatus.EGRESS_COMPLETE);
    }
    expect((await keysIn(OTHER, 'd/')).filter((key) => key?.endsWith('.mp4'))).toEqual(['d/all.mp4', 'd/one.mp4']);
  });
});

describe('an upload that fails', () => {
  it.each([
    ['no such bucket', () => toBucket('x', { bucket: 'nowhere' }), /^S3 upload failed: NoSuchBucket: /],
    ['no server', () => toBucket('x', { endpoint: 'http://127.0.0.1:9' }), /^S3 upload failed: .*ECONNREFUSED/],
    ['a role to assume', () => toBucket('x', { assumeRoleArn: 'arn' }), /^S3 upload failed: .* roles$/],
    ['a proxy', () => toBucket('x', { proxy: new ProxyConfig({ url: 'http://p' }) }), /^S3 upload failed: .* proxy$/],
    [
      'another cloud',
      () => ({ file: new EncodedFileOutput({ filepath: 'x', output: { case: 'gcp', value: new GCPUpload({ bucket: 'b' }) } }) }),
      /^GCP upload failed: /,
    ],
  ])('for %s: FAILED, for the reason it was stopped, with no file', async (_, output, error) => {
    const stage = await createLiveStage();
    expect(await record(stage, output())).toMatchObject({
      status: EgressStatus.EGRESS_FAILED,
      error: expect.stringMatching(error),
      errorCode: 400,
      details: 'End reason: StopEgress API',
      fileResults: [{ location: '', size: 0n }],
    });
    expect(await readdir(stage.mediaDir)).toEqual([]);
  });
});

describe('on the wire', () => {
  it.each([
    [{ type: 'SSE-S3' }, { 'x-amz-server-side-encryption': 'AES256' }],
    [
      { type: 'SSE-KMS', keyId: 'k', context: { a: 'b' } },
      {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'k',
        'x-amz-server-side-encryption-context': Buffer.from('{"a":"b"}').toString('base64'),
      },
    ],
    [
      { type: 'SSE-C', customerKey: CUSTOMER_KEY },
      {
        'x-amz-server-side-encryption-customer-algorithm': 'AES256',
        'x-amz-server-side-encryption-customer-key': CUSTOMER_KEY,
        'x-amz-server-side-encryption-customer-key-md5': expect.stringMatching(/==$/),
      },
    ],
  ] satisfies [SseConfig, object][])('an object is encrypted as the own bucket says: $type', async (sse, headers) => {
    const storage = await startAcceptingServer();
    const stage = await createLiveStage({ media: own({ endpoint: storage.url, sse }) });
    await record(stage, fileOutput('x', { disableManifest: true }));
    expect(storage.requests).toMatchObject([{ headers }]);
  });

  it('an object is one request with its whole length in front, so that half of it is never an object', async () => {
    const { url, requests } = await startAcceptingServer();
    const stage = await createLiveStage();
    const output = toBucket('x', { endpoint: url, contentDisposition: 'attachment', tagging: 'a=b' });
    output.file.disableManifest = true;
    const info = await record(stage, output);
    expect(requests).toMatchObject([
      {
        method: 'PUT',
        url: `/${OTHER}/x.mp4?x-id=PutObject`,
        headers: {
          'content-length': String(info.fileResults[0]?.size),
          'content-disposition': 'attachment',
          'x-amz-tagging': 'a=b',
          'x-amz-checksum-crc32': expect.stringMatching(/^.{6}==$/),
        },
      },
    ]);
  });
});
