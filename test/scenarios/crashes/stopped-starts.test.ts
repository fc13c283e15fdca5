import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ScriptRequest } from '../../../src/simulator/index.js';
import { BUILD_TIMEOUT_MS, buildOnce } from '../../support/apps/build-once.js';
import type { RecordingAnswer } from '../../support/apps/tally-api.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';
import { eventually } from '../../support/eventually.js';
import { isFullSize } from '../../support/full-size.js';
import { i1TwoLive, i3Unowned } from '../../support/invariants.js';
import type { Hold } from '../../support/simulator/livekit-proxy.js';

const SPEED = 20;
const ENDS_WITHIN_MS = 10_000;
/** The start call of a process that ended is looked for this long, and then some time for a busy machine. */
const SETTLED_WITHIN_MS = 45_000;
const LIST = 'ListParticipants';
const START = 'StartRoomCompositeEgress';

interface Moment {
  /** LiveKit's call that is held back when the signal comes. */
  held?: ['request' | 'answer', string];
  /** When the held call goes on: after the signal, or after the process has ended. */
  released?: 'then' | 'afterwards';
  script?: ScriptRequest;
  headers?: Record<string, string>;
  status: number;
}

/** The moments of a start, and the status of its answer. The simulator needs 250 ms from the call until it records. */
const MOMENTS: Record<string, Moment> = {
  'participants are asked for, and come': { held: ['request', LIST], released: 'then', status: 201 },
  'participants are asked for, and do not come': { held: ['request', LIST], released: 'afterwards', status: 503 },
  'participants are on their way': { held: ['answer', LIST], released: 'then', status: 201 },
  'the egress is asked for, and comes': { held: ['request', START], released: 'then', status: 201 },
  'the egress is asked for, and does not come': { held: ['request', START], released: 'afterwards', status: 202 },
  'the answer to the call is on its way': { held: ['answer', START], released: 'then', status: 201 },
  'the answer to the call is lost, but webhooks come': { held: ['answer', START], released: 'afterwards', status: 201 },
  'the egress starts slowly': { script: { name: 'slow-start', delayMs: 2_000 * SPEED }, status: 201 },
  'the egress starts too slowly': { script: { name: 'slow-start', delayMs: 14_000 * SPEED }, status: 202 },
  'the client does not wait': { held: ['request', START], released: 'then', headers: { Prefer: 'respond-async' }, status: 202 },
};

const running: TallyProcess[] = [];
async function startOne(env: Record<string, string> = {}): Promise<TallyProcess> {
  const tally = await startTallyProcess({ speed: SPEED, env: { TALLY_RECONCILE_INTERVAL_MS: '500', ...env } });
  running.push(tally);
  return tally;
}

beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);
afterAll(async () => {
  await Promise.all(running.map((tally) => tally.stop()));
});

const isStopping = async ({ api }: TallyProcess) => (await fetch(`${api.url}/readyz`)).status === 503;

// Over 5 s: starts that do not record are answered 8 s after the signal.
describe.concurrent('a Tally that receives SIGTERM at ten moments of a start', () => {
  let tally: TallyProcess;
  const answers = new Map<string, { roomId: string; answer: RecordingAnswer }>();

  beforeAll(async () => {
    tally = await startOne({ TALLY_DRAIN_MS: '500' });
    const { api, proxy, simulator } = tally;
    const holds: { hold: Hold; moment: Moment }[] = [];
    const starts = Object.entries(MOMENTS).map(async ([name, moment]) => {
      const roomId = await tally.openRoom();
      if (moment.script !== undefined) await simulator.script(moment.script, roomId);
      const hold = moment.held && proxy.hold(...moment.held, roomId);
      if (hold !== undefined) holds.push({ hold, moment });
      const begun =
        hold?.reached ??
        eventually(
          'asked',
          () => proxy.calls,
          (calls) => calls.some(({ method, body }) => method === START && body.includes(roomId)),
        );
      const answered = api.start(roomId, moment.headers).then((answer) => answers.set(name, { roomId, answer }));
      await begun;
      return { answered };
    });
    const begun = await Promise.all(starts);
    const ended = tally.terminate();
    await eventually('it says that it stops', () => isStopping(tally), Boolean);
    for (const { hold, moment } of holds) if (moment.released === 'then') hold.release();
    await Promise.all(begun.map(({ answered }) => answered));
    const { code, ms } = await ended;
    process.stdout.write(`ended ${(ms / 1_000).toFixed(2)} s after SIGTERM\n`);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(ENDS_WITHIN_MS);
    for (const { hold } of holds) hold.release();
    await tally.start();
  }, 60_000);

  it.each(Object.entries(MOMENTS))(
    '(%s) answers the start, and the room is as the answer says after a restart',
    async (name, { status }) => {
      const { roomId, answer } = answers.get(name) ?? expect.fail(name);
      expect(answer.status, answer.body.message).toBe(status);
      const ofRoom = async () => (await tally.simulator.egresses()).filter(({ roomName }) => roomName === roomId);
      if (status === 503) {
        expect([await tally.api.list(roomId), await ofRoom()]).toEqual([[], []]);
        expect((await tally.api.start(roomId)).status).toBe(201);
        return;
      }
      const uid = answer.body.recordingId.split('--')[2];
      expect(answer.headers.get('location')).toBe(`${tally.api.url}/api/v1/recordings/${answer.body.recordingId}`);
      const { body } = await eventually(
        'it records or has settled',
        () => tally.api.get(`${roomId}--EG_PENDING--${uid ?? ''}`),
        (read) => read.status === 200 && read.body.status !== 'starting',
        SETTLED_WITHIN_MS,
      );
      expect(body.status).toBe('active');
      expect(i1TwoLive(await ofRoom())).toEqual([]);
      expect(i3Unowned(await ofRoom(), await tally.api.list(roomId))).toEqual([]);
    },
  );
});

const CLIENTS = isFullSize ? 300 : 20;
/** Between an answer and the next request of a client; less than the drain, as in any client whose connection is in use. */
const THINK_MS = 300;

// Over 5 s at full size.
describe.concurrent('a Tally that receives SIGTERM under clients that stop opening connections when it says so', () => {
  it('resets no connection, and ends with 0 within 10 s', async () => {
    const tally = await startOne({ TALLY_DRAIN_MS: '1000', MEET_LOG_LEVEL: 'warn' });
    let mayConnect = true;
    const clients = Array.from({ length: CLIENTS }, () => keepAsking(tally.api.url, () => mayConnect));
    await eventually('every client is served', () => clients.every(({ served }) => served() > 3), Boolean);
    const ended = tally.terminate();
    await eventually('it says that it stops', () => isStopping(tally), Boolean);
    mayConnect = false;
    const told = await Promise.all(clients.map(({ done }) => done));
    const { code, ms } = await ended;
    expect(told.filter((end) => end !== 'closed')).toEqual([]);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(ENDS_WITHIN_MS);
  }, 60_000);
});

/** One client with one connection at a time. It ends when its connection is closed and it may not open another. */
function keepAsking(url: string, mayConnect: () => boolean): { served: () => number; done: Promise<string> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let served = 0;
  const ask = () =>
    new Promise<boolean>((resolve, reject) => {
      const request = get(`${url}/api/v1/recordings?maxItems=1`, { agent }, (answer) => {
        answer.resume().on('end', () => resolve(answer.headers.connection === 'close'));
        answer.on('error', reject);
      });
      request.on('error', reject);
    });
  const work = async () => {
    for (;;) {
      const isClosed = await ask();
      served += 1;
      if (isClosed && !mayConnect()) return 'closed';
      await pause(THINK_MS);
    }
  };
  return { served: () => served, done: work().catch((error: unknown) => String(error)) };
}
