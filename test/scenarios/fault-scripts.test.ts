import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { RecordingStatus } from '../../src/machines/recording/recording.js';
import type { ScriptRequest } from '../../src/simulator/index.js';
import { mediaKeyOf } from '../../src/machines/recording/media-key.js';
import { type AppOnSimulator, startAppOnSimulator } from '../support/apps/app-on-simulator.js';
import { eventually } from '../support/eventually.js';
import { i1TwoLive, isOurs, leftRunning } from '../support/invariants.js';
import { adapters } from '../support/stores/stores.js';

const SPEED = 50;
const START_TIMEOUT_MS = 3_000;
vi.setConfig({ maxConcurrency: Math.ceil(16 / adapters.patience) });

/** How the recording is ended, unless the script ends it by itself. */
type End = 'stop' | 'stop twice' | 'delete room' | 'delete room while starting' | 'by itself';

interface Row {
  script: ScriptRequest;
  /** Tells rows of one script apart. */
  variant?: string;
  answer: number;
  /** Of the answer, when it is an error; `{room}` stands for the room's id. */
  error?: string;
  end?: End;
  /** Undefined: no egress existed, and so no recording that a client can see. */
  outcome: RecordingStatus | undefined;
  plays: boolean;
}

const failedToStart = (reason: string) => `Recording in room '{room}' failed to start: ${reason}`;
const NO_WORKER = failedToStart('twirp error unknown: no response from servers');
const TIMED_OUT = "Recording in room '{room}' timed out while starting";
const REJECTED = "Unexpected error while starting Room Composite Egress for room '{room}'";

/** Recorded, ended, and played. */
const good = (script: ScriptRequest, end: End = 'stop', variant?: string): Row => ({
  script,
  ...(variant === undefined ? {} : { variant }),
  answer: 201,
  end,
  outcome: 'complete',
  plays: true,
});
/** Recorded, and then lost. */
const lost = (script: ScriptRequest, end: End): Row => ({ script, answer: 201, end, outcome: 'failed', plays: false });
/** Never recorded. */
const refused = (script: ScriptRequest, answer: number, error: string, outcome?: RecordingStatus): Row => ({
  script,
  answer,
  error,
  outcome,
  plays: false,
});

const ROWS: Row[] = [
  good({ name: 'happy' }),
  good({ name: 'happy-room-end' }, 'delete room'),
  good({ name: 'slow-start' }),
  good({ name: 'slow-start-past-timeout', delayMs: 2 * START_TIMEOUT_MS * SPEED }),
  refused({ name: 'never-active' }, 503, TIMED_OUT, 'failed'),
  refused({ name: 'start-aborted' }, 503, failedToStart('Start signal not received'), 'aborted'),
  refused({ name: 'start-failed-late' }, 503, failedToStart('page load error: net::ERR_CONNECTION_REFUSED'), 'failed'),
  refused({ name: 'no-capacity' }, 503, NO_WORKER),
  refused({ name: 'no-capacity-fast' }, 503, NO_WORKER),
  refused({ name: 'room-not-found' }, 500, REJECTED),
  refused({ name: 'invalid-request' }, 500, REJECTED),
  refused({ name: 'room-deleted-while-starting' }, 503, failedToStart('Start signal not received'), 'aborted'),
  {
    ...refused({ name: 'room-deleted-while-starting', status: 'zombie' }, 503, TIMED_OUT, 'failed'),
    variant: 'room created again by the browser',
  },
  good({ name: 'already-exists' }),
  good({ name: 'active-before-response' }),
  good({ name: 'started-after-response' }),
  good({ name: 'auto-egress-failed' }),

  good({ name: 'duplicate-webhooks' }),
  good({ name: 'duplicate-new-id' }),
  good({ name: 'out-of-order' }, 'stop', 'ENDING before ACTIVE'),
  good({ name: 'out-of-order', event: 'egress_ended' }, 'stop', 'COMPLETE before ENDING'),
  good({ name: 'out-of-order', event: 'egress_started' }, 'stop', 'STARTING last'),
  refused({ name: 'coalesced' }, 503, TIMED_OUT, 'failed'),
  good({ name: 'coalesced' }, 'delete room while starting', 'room deleted'),
  good({ name: 'lost-started' }),
  good({ name: 'lost-active' }),
  good({ name: 'lost-ended' }),
  good({ name: 'lost-all-webhooks' }),
  good({ name: 'lost-all-webhooks' }, 'delete room', 'room deleted'),
  good({ name: 'late-ended' }),
  good({ name: 'webhook-blocked' }),
  good({ name: 'webhook-401-swallowed' }),
  good({ name: 'webhook-retry-storm' }),
  good({ name: 'bad-signature' }),
  good({ name: 'wrong-key' }),
  good({ name: 'tampered-body' }),
  good({ name: 'bearer-prefix' }),
  good({ name: 'no-exp' }),
  good({ name: 'clock-skew-future' }),
  good({ name: 'clock-skew-past' }),

  good({ name: 'stop-race-ended' }),
  good({ name: 'stop-race-ended', status: 'after' }, 'stop', 'reported after the stop'),
  good({ name: 'stop-twice' }, 'stop twice'),
  good({ name: 'stop-lost' }),
  good({ name: 'stop-answer-lost' }),
  // Over 5 s: the upload budget passes.
  lost({ name: 'stuck-ending' }, 'stop'),
  good({ name: 'slow-upload', delayMs: 40_000 }),
  lost({ name: 'pipeline-frozen' }, 'stop'),
  lost({ name: 'upload-failed' }, 'stop'),
  lost({ name: 'worker-crash' }, 'by itself'),
  lost({ name: 'handler-crash' }, 'by itself'),
  lost({ name: 'disk-full' }, 'by itself'),
  good({ name: 'cpu-stop' }, 'by itself'),
  { ...lost({ name: 'cpu-stop', status: 'killed' }, 'by itself'), variant: 'killed' },
  good({ name: 'source-closed-early' }, 'by itself'),
  { ...good({ name: 'limit-reached' }, 'by itself'), outcome: 'limit_reached' },
  { ...good({ name: 'empty-or-missing-file', status: 'empty' }, 'stop', 'empty'), plays: false },
  { ...good({ name: 'empty-or-missing-file', status: 'missing' }, 'stop', 'missing'), plays: false },
  good({ name: 'room-deleted-mid-recording' }, 'by itself'),
  good({ name: 'room-recreated' }, 'delete room'),
  good({ name: 'foreign-egress' }),
  good({ name: 'stale-list' }),
  good({ name: 'stale-counts' }),
  good({ name: 'list-purged' }),
  good({ name: 'old-server' }),

  refused({ name: 'api-503', method: 'StartRoomCompositeEgress', times: 1 }, 503, NO_WORKER),
  refused({ name: 'api-503', method: 'ListParticipants', times: 1 }, 503, 'LiveKit is not available'),
  good({ name: 'api-503', method: 'StopEgress', times: 2 }),
  good({ name: 'api-503', method: 'ListEgress', times: 5 }),
  good({ name: 'api-500', method: 'StopEgress', times: 2 }),
  refused({ name: 'api-401', method: 'StartRoomCompositeEgress', times: 1 }, 500, REJECTED),
  good({ name: 'api-timeout', method: 'StopEgress', times: 1 }),
  good({ name: 'api-reset', method: 'StopEgress', times: 2 }),
  refused({ name: 'api-reset', method: 'ListParticipants', times: 1 }, 503, 'LiveKit is not available'),
  good({ name: 'api-503-html', method: 'StopEgress', times: 2 }),
  good({ name: 'api-200-garbage', method: 'StopEgress', times: 1 }),
  good({ name: 'api-unknown-enum', method: 'ListEgress' }),
  good({ name: 'slow-api', delayMs: 10_000 }),
];

const titled = ROWS.map((row): [string, Row] => {
  const { name, method } = row.script;
  return [[name, method, row.variant].filter((part) => part !== undefined).join(', '), row];
});

describe('a recording ends as specified when LiveKit follows the script', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({
      speed: SPEED,
      env: {
        TALLY_START_TIMEOUT_MS: String(START_TIMEOUT_MS),
        TALLY_STOP_TIMEOUT_MS: '1000',
        TALLY_UPLOAD_BUDGET_MS: '5000',
        TALLY_RECONCILE_INTERVAL_MS: '300',
        TALLY_SUSPECT_RECHECK_MS: '100',
        TALLY_RECORDER_GONE_MS: '300',
        TALLY_DUE_INTERVAL_MS: '200',
      },
    });
  });
  afterAll(() => tally.close());

  it.concurrent.each(titled)('%s', async (_title, row) => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script(row.script, roomId);

    const starting = api.start(roomId);
    if (row.end === 'delete room while starting') await deleteOnceItRecords(roomId);
    const started = await starting;
    expect({ status: started.status, error: started.body.error && started.body.message }).toEqual({
      status: row.answer,
      error: row.error?.replace('{room}', roomId),
    });
    if (row.answer === 201) await endIt(row.end ?? 'by itself', roomId, started.body.recordingId);

    const recordingId = started.body.recordingId ?? (await api.list(roomId))[0]?.recordingId;
    const outcome = recordingId === undefined ? undefined : await api.outcome(recordingId);
    expect(outcome?.status).toBe(row.outcome);
    if (recordingId !== undefined) {
      const seconds = await api.plays(recordingId);
      expect(seconds === undefined ? 'does not play' : 'plays').toBe(row.plays ? 'plays' : 'does not play');
      if (row.plays) await expectTrueLength(roomId, recordingId, seconds ?? 0, outcome?.duration ?? 0);
      if (row.answer !== 201) await expectNoFile(roomId, recordingId);
    }

    await expectRoomFree(roomId);
    const egresses = (await simulator.egresses()).filter(({ roomName }) => roomName === roomId);
    expect(leftRunning(egresses)).toEqual([]);
    expect(i1TwoLive(egresses)).toEqual([]);
  });

  // Over 5 s: the upload budget passes, and the file comes after it.
  it.concurrent('slow-upload, past the upload budget: it fails, and is complete once the file is delivered', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'slow-upload', delayMs: 360_000 }, roomId);
    const { recordingId } = (await api.start(roomId)).body;
    await api.stop(recordingId);
    expect((await api.outcome(recordingId)).status).toBe('failed');
    expect(await api.plays(recordingId)).toBeUndefined();
    await expectRoomFree(roomId);
    const rescued = await eventually(
      'it is complete',
      () => api.get(recordingId),
      ({ body }) => body.status === 'complete',
    );
    expect(rescued.body.error).toBeUndefined();
    expect(await api.plays(recordingId)).toBeGreaterThan(0);
  });

  it.concurrent('start-handler-failed, with the webhook before the answer and after it', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'start-handler-failed' }, roomId);
    const { status, body } = await api.start(roomId);
    expect([
      [503, failedToStart('handler failed to start').replace('{room}', roomId)],
      [500, REJECTED.replace('{room}', roomId)],
    ]).toContainEqual([status, body.message]);
    const [recording] = await api.list(roomId);
    expect((await api.outcome(recording?.recordingId ?? '')).status).toBe('failed');
    await expectRoomFree(roomId);
  });

  it.concurrent('revived-after-failed: the egress is stopped again, and its file is removed', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'revived-after-failed' }, roomId);
    const { status, body } = await api.start(roomId);
    expect([status, body.message]).toEqual([503, failedToStart('handler failed to start').replace('{room}', roomId)]);
    const [recording] = await api.list(roomId);
    await eventually('the revived egress is stopped and has delivered its file', simulator.egresses, (egresses) =>
      egresses.some((egress) => egress.roomName === roomId && egress.states.at(-1)?.status === 'EGRESS_COMPLETE'),
    );
    await expectNoFile(roomId, recording?.recordingId ?? '');
    expect((await api.outcome(recording?.recordingId ?? '')).status).toBe('failed');
    await expectRoomFree(roomId);
  });

  /** The file of a start that was answered with an error is removed. */
  async function expectNoFile(roomId: string, recordingId: string): Promise<void> {
    const { media } = tally.app.persistence;
    const key = mediaKeyOf({ roomId, uid: recordingId.split('--').at(-1) ?? '' });
    await eventually(
      'the file is gone',
      () => media.stat(key),
      (file) => file === undefined,
    );
  }

  async function deleteOnceItRecords(roomId: string): Promise<void> {
    const { simulator } = tally;
    await eventually('the egress captures media', simulator.egresses, (egresses) =>
      egresses.some(({ roomName, liveFrom }) => roomName === roomId && liveFrom !== undefined),
    );
    await simulator.deleteRoom(roomId);
  }

  async function endIt(end: End, roomId: string, recordingId: string): Promise<void> {
    const { api, simulator } = tally;
    if (end === 'by itself' || end === 'delete room while starting') return;
    if (end === 'delete room') return simulator.deleteRoom(roomId);
    expect((await api.stop(recordingId)).status).toBe(202);
    if (end === 'stop') return;
    const second = await api.stop(recordingId);
    expect([second.status, second.body.message]).toEqual([409, `Recording '${recordingId}' is already stopped`]);
  }

  /** The file that plays is the one that was captured, as the recording describes it. */
  async function expectTrueLength(roomId: string, recordingId: string, seconds: number, told: number): Promise<void> {
    const truth = (await tally.simulator.egresses()).find(
      (egress) => isOurs(egress) && egress.roomName === roomId && recordingId.includes(egress.egressId),
    );
    const captured = ((truth?.liveTo ?? 0) - (truth?.liveFrom ?? 0)) / 1_000;
    expect(Math.abs(seconds - captured)).toBeLessThan(0.1);
    expect(Math.abs(told - captured)).toBeLessThan(0.01);
  }

  async function expectRoomFree(roomId: string): Promise<void> {
    const { api, simulator } = tally;
    await simulator.resetScript(roomId);
    await simulator.join(roomId);
    const again = await eventually(
      `the room ${roomId} can be recorded again`,
      () => api.start(roomId),
      ({ status }) => status === 201,
    );
    expect((await api.stop(again.body.recordingId)).status).toBe(202);
    expect(await api.outcome(again.body.recordingId)).toMatchObject({ status: 'complete' });
  }
});
