import { beforeEach, describe, expect, it } from 'vitest';

import { MediaUnavailableError } from '../../../src/errors.js';
import { createMemoryMedia, type MemoryMedia } from '../../support/memory/memory-media.js';
import { createEdge, type Edge } from '../support/edge.js';

const UID = '0000000001';
const ID = `room-1--EG_${UID}--${UID}`;
const PATH = `/api/v1/recordings/${ID}/media`;
const KEY = `recordings/room-1/room-1--${UID}.mp4`;
const URL_OF_IT = `https://s3.example.com/${KEY}?X-Amz-Credential=who&X-Amz-Signature=0123abcd`;

let edge: Edge;
let media: MemoryMedia;
let presigned: string[];
let failure: Error | undefined;

beforeEach(async () => {
  [presigned, failure] = [[], undefined];
  media = createMemoryMedia();
  media.write(KEY, Buffer.alloc(1000));
  const presign = async (key: string): Promise<string> => {
    presigned.push(key);
    if (failure !== undefined) throw failure;
    return URL_OF_IT;
  };
  edge = await createEdge({ media: { ...media, presign, open: () => Promise.reject(new Error('nothing is to be read')) } });
  await edge.recordings.put({ uid: UID });
});

describe('a media store that signs URLs', () => {
  it.each([{}, { Range: 'bytes=0-9' }, { 'If-None-Match': '"any"' }])(
    'makes the answer a redirect to such a URL, for the headers %o',
    async (headers) => {
      const response = await edge.get(PATH).set(headers).redirects(0);
      expect(response.status).toBe(302);
      expect(response.headers).toMatchObject({ location: URL_OF_IT, 'cache-control': 'no-store', 'content-length': '0' });
      for (const name of ['etag', 'content-type', 'content-range']) expect(response.headers).not.toHaveProperty(name);
      expect(response.text).toBe('');
      expect(presigned).toEqual([KEY]);
    },
  );

  it('leaves no trace of the URL in the log', async () => {
    const logged = edge.nextLine();
    await edge.get(PATH).redirects(0);
    await logged;
    expect(edge.lines()).toEqual([expect.objectContaining({ level: 30, status: 302, path: PATH })]);
    expect(edge.rawLines.join('')).not.toMatch(/X-Amz|s3\.example/);
  });

  it('signs nothing for HEAD, which Tally answers itself', async () => {
    const { status, headers } = await edge.head(PATH).redirects(0);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-length': '1000', 'content-type': 'video/mp4' });
    expect(presigned).toEqual([]);
  });

  it('signs nothing for requests that would fail', async () => {
    const status = async (path: string, headers: Record<string, string> = {}) => (await edge.get(path).set(headers)).status;
    expect((await edge.anonymous.get(PATH)).status).toBe(401);
    expect(await status('/api/v1/recordings/room-1--EG_none--none/media')).toBe(404);
    expect(await status(PATH, { Range: 'bytes=a-b' })).toBe(422);
    expect(await status(PATH, { Range: 'bytes=1000-' })).toBe(416);
    await edge.recordings.put({ uid: UID }, 'failed');
    expect(await status(PATH)).toBe(409);
    await edge.recordings.put({ uid: UID });
    media.write(KEY, Buffer.alloc(0));
    expect(await status(PATH)).toBe(404);
    await media.remove(KEY);
    expect(await status(PATH)).toBe(404);
    expect(presigned).toEqual([]);
  });

  it('makes the answer 503 when it cannot sign', async () => {
    failure = new MediaUnavailableError('no credentials');
    const { status, headers } = await edge.get(PATH);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('2');
    expect(headers).not.toHaveProperty('location');
  });
});
