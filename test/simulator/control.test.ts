import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { EgressStatus } from 'livekit-server-sdk';
import { describe, expect, it } from 'vitest';
import { SCRIPT_NAMES } from '../../src/simulator/index.js';
import { isLoopback } from '../../src/simulator/api/http-server.js';
import { createLiveStage, createStage, fileOutput, refusal, type Stage } from './support.js';

async function control(
  { simulator }: Stage,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${simulator.url}/simulator/${path}`, {
    method,
    ...(body !== undefined && { body: content }),
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  expect(response.headers.get('content-type')).toBe('application/json');
  return { status: response.status, body: await response.json() };
}

describe('participants', () => {
  it('join, publish, and leave', async () => {
    const stage = await createStage();
    const joined = await control(stage, 'POST', 'rooms/my%20room/participants', { identity: 'ada', name: 'Ada', publish: true });
    expect(joined).toMatchObject({ status: 200, body: { identity: 'ada', name: 'Ada', isPublisher: true } });
    expect(await stage.rooms.listParticipants('my room')).toMatchObject([{ identity: 'ada', tracks: [{ type: 1 }] }]);
    expect((await control(stage, 'GET', 'rooms')).body).toMatchObject([
      { name: 'my room', participants: [{ identity: 'ada', publishes: true }], recorders: [], packets: [] },
    ]);
    expect(await control(stage, 'DELETE', 'rooms/my%20room/participants/ada')).toEqual({ status: 200, body: {} });
    expect((await control(stage, 'DELETE', 'rooms/my%20room/participants/ada')).status).toBe(404);
  });

  it('are those the room service knows', async () => {
    const stage = await createLiveStage();
    const { egressId } = await stage.egress.startRoomCompositeEgress('r', fileOutput('x'));
    await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    expect((await control(stage, 'GET', 'rooms')).body).toMatchObject([{ activeRecording: true, recorders: [egressId] }]);
  });
});

describe('scripts', () => {
  it('hold for all rooms, or for one, until they are deleted', async () => {
    const stage = await createLiveStage();
    stage.simulator.join('other', { identity: 'bob' });
    const start = (room: string) => stage.egress.startRoomCompositeEgress(room, fileOutput('x'));
    expect((await control(stage, 'PUT', 'rooms/r/script', { name: 'no-capacity-fast' })).status).toBe(200);
    expect(await refusal(start('r'))).toMatchObject({ status: 503 });
    await start('other');
    expect((await control(stage, 'DELETE', 'rooms/r/script')).status).toBe(200);
    await start('r');
    await control(stage, 'PUT', 'script', { name: 'no-capacity-fast', delayMs: 1, times: 1 });
    expect(await refusal(start('other'))).toMatchObject({ status: 503 });
    await start('other');
    await control(stage, 'PUT', 'script', { name: 'api-500', method: 'ListEgress' });
    expect(await refusal(stage.egress.listEgress())).toMatchObject({ status: 500 });
    await control(stage, 'DELETE', 'script');
    expect(await stage.egress.listEgress()).toHaveLength(3);
  });

  it.each([
    ['an unknown name', { name: 'nope' }, /unknown script "nope"; known: .*active-before-response, .*worker-crash/],
    ['no name', {}, /name/],
    ['an unknown member', { name: 'happy', delay: 1 }, /delay/],
    ['a negative delay', { name: 'happy', delayMs: -1 }, /delayMs/],
    ['no JSON', '{', /not JSON/],
  ])('are refused with %s', async (_, body, message) => {
    const answer = await control(await createStage(), 'PUT', 'script', body);
    expect(answer).toEqual({ status: 400, body: { error: expect.stringMatching(message) } });
  });

  it('are all described', async () => {
    const described = await readFile('src/simulator/README.md', 'utf8');
    expect(SCRIPT_NAMES.filter((name) => !described.includes(`\`${name}\``))).toEqual([]);
  });

  it('are all tested, by name', async () => {
    const files = ['scripts', 'webhooks'].map((name) => readFile(`test/simulator/${name}.test.ts`, 'utf8'));
    const tests = (await Promise.all(files)).join('\n');
    // At the head of a title or of a row of a table of tests, and not only as a script that some test sets.
    const isTested = (name: string) => new RegExp(`(?<!name: )'${name}[': ]`).test(tests);
    expect(SCRIPT_NAMES.filter((name) => !isTested(name))).toEqual([]);
  });

  it.each(SCRIPT_NAMES)('%s can be set', async (name) => {
    const stage = await createStage();
    if (name !== 'api-refused') expect((await control(stage, 'PUT', 'script', { name })).status).toBe(200);
  });
});

it('changes the speed of delays that already run', async () => {
  const stage = await createLiveStage({ speed: 1 });
  const started = stage.egress.startRoomCompositeEgress('r', fileOutput('x'));
  expect(await control(stage, 'PUT', 'clock', { speed: 1000 })).toEqual({ status: 200, body: { speed: 1000 } });
  await started;
  expect((await control(stage, 'PUT', 'clock', { speed: 0 })).status).toBe(400);
});

it('tells the truth about every egress, and every delivery', async () => {
  const stage = await createLiveStage();
  const { egressId } = await stage.egress.startRoomCompositeEgress('r', fileOutput('x'));
  await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
  await stage.egress.stopEgress(egressId);
  await stage.sink.event('egress_ended');
  const instant = expect.any(Number) as number;
  const states = ['EGRESS_STARTING', 'EGRESS_ACTIVE', 'EGRESS_ENDING', 'EGRESS_COMPLETE'].map((status) => ({
    status,
    at: instant,
  }));
  const truth = { egressId, roomName: 'r', filepath: 'x.mp4', liveFrom: instant, liveTo: instant, states, endedBy: 'stop' };
  expect((await control(stage, 'GET', 'egresses')).body).toEqual([truth]);
  expect((await control(stage, 'GET', 'webhooks')).body).toContainEqual({
    event: 'egress_started',
    id: expect.stringMatching(/^EV_/),
    key: egressId,
    url: stage.sink.url,
    attempts: 1,
    answers: [200],
  });
});

it('is for this machine only', () => {
  const addresses = ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', undefined];
  expect(addresses.map(isLoopback)).toEqual([true, true, true, true, false, false, false, false]);
});

it('does not know other calls', async () => {
  const stage = await createStage();
  expect(await control(stage, 'GET', 'nope')).toMatchObject({ status: 404, body: { error: expect.any(String) } });
  expect((await control(stage, 'GET', 'clock')).status).toBe(405);
  expect((await control(stage, 'POST', 'rooms/%zz/participants', { identity: 'a' })).status).toBe(400);
});

describe('the control interface refuses', () => {
  const clock = (headers: Record<string, string>, body: unknown = { speed: 2 }) =>
    createStage().then((stage) => control(stage, 'PUT', 'clock', body, headers));

  it.each([{ Origin: 'https://evil.example' }, { Origin: 'null' }, { Origin: 'http://localhost.evil.example' }])(
    'a web page of another origin: %j',
    async (headers) => {
      expect((await clock(headers)).status).toBe(403);
    },
  );

  it.each(['evil.example', '127.0.0.1.evil.example:7880'])('a request to another host: %s', async (host) => {
    const { simulator } = await createStage();
    const status = await new Promise((resolve, reject) => {
      request(`${simulator.url}/simulator/rooms`, { headers: { Host: host } }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded'])('a body of type %s', async (type) => {
    expect((await clock({ 'Content-Type': type })).status).toBe(415);
  });

  it.each(['http://localhost:3000', 'http://127.0.0.1:1', 'http://[::1]:1'])('no page of this machine: %s', async (origin) => {
    expect((await clock({ Origin: origin })).status).toBe(200);
  });
});
