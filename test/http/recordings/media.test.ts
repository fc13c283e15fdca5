import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addAbortSignal, Readable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MediaUnavailableError } from '../../../src/errors.js';
import type { RecordingsDeps } from '../../../src/http/recordings/deps.js';
import { createMemoryMedia } from '../../support/memory/memory-media.js';
import { API_KEY, createEdge, invalid, type Edge } from '../support/edge.js';

const SIZE = 1000;
const UID = '0000000001';
const ID = `room-1--EG_${UID}--${UID}`;
const PATH = `/api/v1/recordings/${ID}/media`;
const KEY = `recordings/room-1/room-1--${UID}.mp4`;
const FILE = Buffer.from(Array.from({ length: SIZE }, (_, index) => index % 251));

const recordingError = (message: string) => ({ error: 'Recording Error', message });

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
  await edge.recordings.put({ uid: UID });
  await edge.media.write(KEY, FILE);
});

const play = (headers: Record<string, string> = {}) => edge.get(PATH).set(headers).buffer(true);

describe('playing a recording', () => {
  it('sends the whole file', async () => {
    const { status, body, headers } = await play();
    expect(status).toBe(200);
    expect(FILE.equals(body as Buffer)).toBe(true);
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '1000',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=3600',
      'last-modified': new Date((await edge.media.stat(KEY))?.modifiedAt ?? 0).toUTCString(),
    });
    expect(headers['etag']).toMatch(/^"[^"]+"$/);
    for (const name of ['content-range', 'transfer-encoding']) expect(headers).not.toHaveProperty(name);
  });

  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=100-199', 100, 199],
    ['bytes=0-0', 0, 0],
    ['bytes=999-999', 999, 999],
    ['bytes=0-', 0, 999],
    ['bytes=400-', 400, 999],
    ['bytes=500-99999999999999999999', 500, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-300', 700, 999],
    ['bytes=-5000', 0, 999],
  ])('answers %s with 206 and these bytes', async (range, start, end) => {
    const { status, body, headers } = await play({ Range: range });
    expect(status).toBe(206);
    expect(FILE.subarray(start, end + 1).equals(body as Buffer)).toBe(true);
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/1000`,
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=3600',
    });
  });

  it('sends an open range to its end, beyond five mebibytes too', async () => {
    await edge.media.write(KEY, Buffer.alloc(6_000_000));
    const { headers } = await play({ Range: 'bytes=1-' });
    expect(headers['content-range']).toBe('bytes 1-5999999/6000000');
  });

  it.each(['bytes=5-1', 'bytes=5000-1'])('answers %s, which ends before it starts, with the whole file', async (range) => {
    const { status, headers } = await play({ Range: range });
    expect(status).toBe(200);
    expect(headers['content-length']).toBe('1000');
    expect(headers).not.toHaveProperty('content-range');
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', 'bytes=99999999999999999999-'])('answers 416 to %s', async (range) => {
    const { status, body, headers } = await play({ Range: range });
    expect(status).toBe(416);
    expect(body).toEqual(recordingError(`Recording '${ID}' range not satisfiable. File size: 1000`));
    expect(headers['content-range']).toBe('bytes */1000');
    for (const name of ['etag', 'cache-control']) expect(headers).not.toHaveProperty(name);
  });

  it.each([
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=1',
    'bytes=1-2,5-6',
    'items=0-1',
    'bytes=--1',
    'bytes = 0-1',
    'bytes=1.5-2',
  ])('answers 422 to the malformed range %j', async (range) => {
    const { status, body } = await play({ Range: range });
    expect(status).toBe(422);
    expect(body).toEqual(invalid(['headers.range', 'Invalid range header format. Expected: bytes=start-end']));
  });

  it('reports a bad id and a bad range together, before it checks credentials', async () => {
    const { status, body } = await edge.anonymous.get('/api/v1/recordings/x/media').set('Range', 'y');
    expect(status).toBe(422);
    expect(body).toEqual(
      invalid(
        ['params.recordingId', 'recordingId does not follow the expected format'],
        ['headers.range', 'Invalid range header format. Expected: bytes=start-end'],
      ),
    );
  });
});

describe('a client that has a copy of the file', () => {
  it('gets a part only if its copy is of the same file', async () => {
    const { headers } = await play();
    const [etag, date] = [String(headers['etag']), String(headers['last-modified'])];
    const status = async (ifRange: string) => (await play({ Range: 'bytes=0-9', 'If-Range': ifRange })).status;
    expect(await status(etag)).toBe(206);
    expect(await status(date)).toBe(206);
    expect(await status('"other"')).toBe(200);
    expect(await status(`W/${etag}`)).toBe(200);
    expect(await status('Mon, 01 Jan 2024 00:00:00 GMT')).toBe(200);
  });

  it('gets the whole file instead of a 416 when the file changed', async () => {
    expect((await play({ Range: 'bytes=5000-', 'If-Range': '"other"' })).status).toBe(200);
  });

  it('gets 304 and no bytes while the file is the same', async () => {
    const { headers } = await play();
    const { status, text, headers: answered } = await play({ 'If-None-Match': String(headers['etag']) });
    expect(status).toBe(304);
    expect(text).toBe('');
    expect(answered['etag']).toBe(headers['etag']);
    expect(edge.gate.trace.filter((label) => label === 'media.read')).toHaveLength(1);
  });

  it('gets 304 rather than 416 for a range beyond the file', async () => {
    const etag = String((await play()).headers['etag']);
    expect((await play({ 'If-None-Match': etag, Range: 'bytes=5000-' })).status).toBe(304);
    expect((await play({ 'If-None-Match': '"other"', Range: 'bytes=5000-' })).status).toBe(416);
  });
});

describe('HEAD on the media of a recording', () => {
  it('answers the full size and reads nothing, with or without a range', async () => {
    for (const headers of [{}, { Range: 'bytes=0-9' }]) {
      const response = await edge.head(PATH).set(headers);
      expect(response.status).toBe(200);
      expect(response.headers).toMatchObject({ 'content-length': '1000', 'content-type': 'video/mp4', 'accept-ranges': 'bytes' });
    }
    expect(edge.gate.trace).not.toContain('media.read');
  });
});

describe('the media of a recording', () => {
  it.each(['failed', 'aborted', 'active', 'stopping', 'starting'])(
    'are refused with 409 while the recording is %s',
    async (state) => {
      await edge.recordings.put({ uid: UID }, state);
      const { status, body } = await edge.get(PATH);
      expect(status).toBe(409);
      expect(body).toEqual(recordingError(`Recording '${ID}' is not stopped yet`));
    },
  );

  it('play when the recording reached its limit', async () => {
    await edge.recordings.put({ uid: UID, limitReached: true });
    expect((await play()).status).toBe(200);
  });

  it('are answered 404 when the recording is unknown', async () => {
    const { status, body } = await edge.get('/api/v1/recordings/room-1--EG_none--none/media');
    expect({ status, body }).toEqual({ status: 404, body: recordingError("Recording 'room-1--EG_none--none' not found") });
  });

  it('are answered 404, and this is reported, when the file is missing or empty', async () => {
    const reports: unknown[] = [];
    edge = await createEdge({
      files: {
        missing: ({ uid, roomId }) => void reports.push(['missing', uid, roomId]),
        unreadable: () => void reports.push(['unreadable']),
        settled: (uid) => void reports.push(['settled', uid]),
      },
    });
    await edge.recordings.put({ uid: UID });
    const missing = { status: 404, body: recordingError(`File of recording '${ID}' is missing`) };
    await edge.media.write(KEY, Buffer.alloc(0));
    expect(await edge.get(PATH)).toMatchObject(missing);
    await edge.media.remove(KEY);
    expect(await edge.get(PATH)).toMatchObject(missing);
    await edge.media.write(KEY, FILE);
    expect((await play()).status).toBe(200);
    expect(reports).toEqual([
      ['missing', UID, 'room-1'],
      ['missing', UID, 'room-1'],
      ['settled', UID],
    ]);
  });

  it('are answered 503, and this is reported with the reason, when the media store refuses to read the file', async () => {
    const reports: unknown[] = [];
    const note = (uid: string, reason: string) => void reports.push([uid, reason]);
    const cause = new Error('EACCES: permission denied');
    const refuse = () => Promise.reject(new MediaUnavailableError('Cannot open it', { cause, refused: true }));
    edge = await createEdge({
      media: { ...createMemoryMedia(), hold: refuse },
      files: { missing: () => undefined, unreadable: ({ uid }, reason) => note(uid, reason), settled: () => undefined },
    });
    await edge.recordings.put({ uid: UID });
    expect((await edge.get(PATH)).status).toBe(503);
    expect(reports).toEqual([[UID, 'Cannot open it: EACCES: permission denied']]);
  });

  it.each(['media.stat', 'media.read'])('are answered 503 while the media store fails on %s', async (call) => {
    edge.gate.failNext(call, 'fail_before');
    const { status, body, headers } = await edge.get(PATH);
    expect(status).toBe(503);
    expect(body).toEqual({ error: 'Storage Error', message: 'Storage is not available' });
    expect(headers['retry-after']).toBe('2');
    for (const name of ['etag', 'cache-control', 'content-range']) expect(headers).not.toHaveProperty(name);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });
});

describe('a file that is held and not read', () => {
  it.each([
    ['HEAD', FILE, () => edge.head(PATH)],
    ['304', FILE, () => play({ 'If-Modified-Since': new Date(Date.now() + 60_000).toUTCString() })],
    ['416', FILE, () => play({ Range: 'bytes=5000-' })],
    ['412', FILE, () => play({ 'If-Match': '"other"' })],
    ['404, because it is empty', Buffer.alloc(0), () => play()],
  ])('is freed when the answer is %s', async (_answer, bytes, ask) => {
    const memory = createMemoryMedia();
    memory.write(KEY, bytes);
    const calls: string[] = [];
    const hold: RecordingsDeps['media']['hold'] = async (key) => {
      calls.push('hold');
      const held = await memory.hold(key);
      return held && { ...held, close: () => Promise.resolve(void calls.push('close')) };
    };
    edge = await createEdge({ media: { ...memory, hold } });
    await edge.recordings.put({ uid: UID });
    await ask();
    expect(calls).toEqual(['hold', 'close']);
  });
});

describe('the stream of a media store', () => {
  let server: Server;
  let streams: Readable[];
  let logged: Promise<void>;

  /** Serve the edge with a media store whose reads all return this stream. */
  async function listen(read: () => Readable): Promise<void> {
    streams = [];
    const info = { size: 100_000_000, modifiedAt: 0, etag: '"e"' };
    const media: RecordingsDeps['media'] = {
      stat: () => Promise.resolve(info),
      hold: () =>
        Promise.resolve({
          info,
          read(_range, signal) {
            const stream = signal === undefined ? read() : addAbortSignal(signal, read());
            streams.push(stream);
            return Promise.resolve(stream);
          },
          close: () => Promise.resolve(),
        }),
    };
    edge = await createEdge({ media });
    logged = edge.nextLine();
    await edge.recordings.put({ uid: UID });
    server = createServer(edge.listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  function openedStream(): Readable {
    const [stream] = streams;
    if (stream === undefined) throw new Error('nothing was read');
    return stream;
  }

  function ask(): ReturnType<typeof httpGet> {
    const { port } = server.address() as AddressInfo;
    return httpGet({ port, host: '127.0.0.1', path: PATH, headers: { 'X-API-KEY': API_KEY } });
  }

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const endless = (): Readable => new Readable({ read: (size) => void openedStream().push(Buffer.alloc(size)) });

  it('is destroyed when the client disconnects', async () => {
    await listen(endless);
    const request = ask();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'data');
    const closed = new Promise((resolve) => openedStream().once('close', resolve));
    response.destroy();
    await closed;
    expect(openedStream().destroyed).toBe(true);
    await logged;
    expect(edge.lines()).toEqual([expect.objectContaining({ level: 30, cut: true, status: 200 })]);
    expect(edge.lines()[0]).not.toHaveProperty('err');
  });

  it('is destroyed when the client disconnects before the first byte', async () => {
    let opening: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      opening = resolve;
    });
    await listen(() => new Readable({ read: () => opening() }));
    const request = ask();
    request.on('error', () => undefined);
    await opened;
    const closed = new Promise((resolve) => openedStream().once('close', resolve));
    request.destroy();
    await closed;
    expect(openedStream().destroyed).toBe(true);
    await logged;
    expect(edge.lines()).toEqual([expect.objectContaining({ level: 30, cut: true, msg: 'request' })]);
    expect(edge.lines()[0]).not.toHaveProperty('err');
  });

  it('that fails before its first byte makes the answer an error', async () => {
    await listen(() => new Readable({ read: () => void openedStream().destroy(new MediaUnavailableError('reset')) }));
    const [response] = (await once(ask(), 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(503);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('that fails later ends the connection, and the log line of the request holds the error', async () => {
    await listen(() => {
      const stream = new Readable({ read: () => undefined });
      stream.push(Buffer.alloc(10));
      return stream;
    });
    const [response] = (await once(ask(), 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    const outcome = new Promise((resolve) => response.once('error', resolve).once('end', resolve));
    await once(response, 'data');
    openedStream().destroy(new MediaUnavailableError('bucket went away'));
    expect(await outcome).toMatchObject({ code: 'ECONNRESET' });
    await logged;
    expect(edge.lines().at(-1)).toMatchObject({ level: 40, status: 200, cut: true, err: { message: 'bucket went away' } });
  });
});

describe('the name under which a browser saves a recording', () => {
  it.each([
    ['Daily', Date.UTC(2026, 10, 30, 9, 15), 'inline; filename="Daily 2026-11-30 09-15.mp4"'],
    ['Daily', undefined, 'inline; filename="Daily.mp4"'],
    ['../a\\b:"c"\r\nX: 1', undefined, 'inline; filename=".._a_b__c___X_ 1.mp4"'],
    [
      'Grüße 会议',
      undefined,
      `inline; filename="Gr\u00fc\u00dfe ??.mp4"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E4%BC%9A%E8%AE%AE.mp4`,
    ],
  ])('is made of the room name %j and the start', async (roomName, startDate, expected) => {
    await edge.recordings.put({ uid: UID, roomName, ...(startDate !== undefined && { startDate }) });
    expect((await play()).headers['content-disposition']).toBe(expected);
  });
});

it.each<object>([{ startDate: 1e20 }, { startDate: NaN }, { startDate: 'yesterday' }])(
  'a recording whose start is no date is played under the name of its room alone: %j',
  async (odd) => {
    await edge.recordings.put({ uid: UID, roomName: 'Daily', ...odd });
    const { status, headers } = await play();
    expect([status, headers['content-disposition']]).toEqual([200, 'inline; filename="Daily.mp4"']);
  },
);

describe('a player that already has a part of the file', () => {
  const etagOf = async () => String((await play()).headers['etag']);

  it('gets more of the same version', async () => {
    const etag = await etagOf();
    expect((await play({ 'If-Match': `"other", ${etag}`, Range: 'bytes=0-9' })).status).toBe(206);
    expect((await play({ 'If-Match': '*' })).status).toBe(200);
    expect((await play({ 'If-Unmodified-Since': new Date(Date.now() + 60_000).toUTCString() })).status).toBe(200);
    expect((await play({ 'If-Unmodified-Since': 'no date' })).status).toBe(200);
  });

  it.each([
    { 'If-Match': '"other"' },
    { 'If-Match': '"other"', 'If-Unmodified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
    { 'If-Unmodified-Since': 'Thu, 01 Jan 2015 00:00:00 GMT' },
    { 'If-Match': '"other"', Range: 'bytes=5000-' },
  ])('is answered 412 when the file is another version: %j', async (headers) => {
    const { status, body, headers: answered } = await edge.get(PATH).set(headers);
    expect({ status, body }).toEqual({ status: 412, body: recordingError(`The file of recording '${ID}' has changed`) });
    expect(answered).not.toHaveProperty('etag');
  });
});
