import { access, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { EgressClient, EgressStatus } from 'livekit-server-sdk';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  API_KEY,
  API_SECRET,
  ENDLESS_MS,
  FROZEN,
  HASTY,
  createLiveStage,
  createStage,
  fileOutput,
  refusal,
  sequence,
  type Stage,
} from './support.js';

const { EGRESS_STARTING, EGRESS_ACTIVE, EGRESS_ENDING, EGRESS_COMPLETE, EGRESS_FAILED, EGRESS_ABORTED, EGRESS_LIMIT_REACHED } =
  EgressStatus;
const PREFIX = 'twirp error unknown: ';

afterEach(() => vi.useRealTimers());

const start = (stage: Stage, filepath = 'x.mp4') => stage.egress.startRoomCompositeEgress('r', fileOutput(filepath));

/** Start, and wait until it records. */
async function startLive(stage: Stage): Promise<string> {
  const { egressId } = await start(stage);
  await stage.sink.event('egress_updated', EGRESS_ACTIVE);
  return egressId;
}

/** Start, record, stop, and wait for the end. */
async function recordOnce(stage: Stage) {
  const egressId = await startLive(stage);
  await stage.egress.stopEgress(egressId);
  return (await stage.sink.event('egress_ended')).egressInfo;
}

async function listed(stage: Stage, egressId: string) {
  return (await stage.egress.listEgress({ egressId }))[0];
}

function exists(stage: Stage, name: string): Promise<boolean> {
  return access(path.join(stage.mediaDir, name)).then(
    () => true,
    () => false,
  );
}

/** A client that gives up before the answer, but not before its call has arrived. */
function impatient(stage: Stage): EgressClient {
  return new EgressClient(stage.simulator.url, API_KEY, API_SECRET, { requestTimeout: 1 });
}

describe('between the request and ACTIVE', () => {
  it('happy: takes about five seconds at speed 1', async () => {
    const stage = await createLiveStage({ speed: 20 });
    await startLive(stage);
    const [starting, active] = stage.simulator.egresses()[0]?.states ?? [];
    expect((active?.at ?? 0) - (starting?.at ?? 0)).toBeGreaterThan(4600 / 20 - 10);
  });

  it('slow-start: nothing but patience is needed', async () => {
    const stage = await createLiveStage({ script: { name: 'slow-start' }, speed: 1000 });
    expect(await recordOnce(stage)).toMatchObject({ status: EGRESS_COMPLETE });
  });

  it('slow-start-past-timeout: a ghost records although the client gave up', async () => {
    const stage = await createLiveStage({ script: { name: 'slow-start-past-timeout', delayMs: ENDLESS_MS } });
    const call = impatient(stage).startRoomCompositeEgress('r', fileOutput('ghost.mp4'));
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    const { egressInfo } = await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    expect(egressInfo?.fileResults[0]?.filename).toBe('ghost.mp4');
    expect(await stage.egress.listEgress({ roomName: 'r', active: true })).toMatchObject([{ status: EGRESS_ACTIVE }]);
  });

  it('never-active: stays STARTING until somebody ends it', async () => {
    const stage = await createLiveStage({ script: { name: 'never-active' } });
    const { egressId } = await start(stage);
    await stage.sink.next(({ event }) => event?.participant?.identity === egressId);
    expect((await stage.egress.stopEgress(egressId)).status).toBe(EGRESS_ABORTED);
    await stage.sink.event('egress_ended', EGRESS_ABORTED);
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_ended 5']);
    expect(await exists(stage, 'x.mp4')).toBe(false);
  });

  it('never-active: the end of the room aborts it', async () => {
    const stage = await createLiveStage({ script: { name: 'never-active' } });
    await start(stage);
    await stage.rooms.deleteRoom('r');
    const { egressInfo } = await stage.sink.event('egress_ended');
    expect(egressInfo).toMatchObject({ status: EGRESS_ABORTED, errorCode: 412, details: 'End reason: Source closed' });
    expect(stage.simulator.egresses()).toMatchObject([{ endedBy: 'room' }]);
  });

  it.each([
    ['start-aborted', { status: EGRESS_ABORTED, error: 'Start signal not received', errorCode: 412 }],
    ['start-failed-late', { status: EGRESS_FAILED, error: 'page load error: net::ERR_CONNECTION_REFUSED', errorCode: 400 }],
    ['room-deleted-while-starting', { status: EGRESS_ABORTED, error: 'Start signal not received', errorCode: 412 }],
  ])('%s: ends without ever being ACTIVE', async (name, outcome) => {
    const stage = await createLiveStage({ script: { name } });
    expect((await start(stage)).status).toBe(EGRESS_STARTING);
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject(outcome);
    expect(sequence(stage.sink)).toEqual(['egress_started 0', `egress_ended ${outcome.status}`]);
    expect(stage.simulator.egresses()[0]).not.toHaveProperty('liveFrom');
    expect(await exists(stage, 'x.mp4')).toBe(false);
  });

  it('gives every change of an egress a newer updatedAt, even within one millisecond', async () => {
    const stage = await createLiveStage({ script: { name: 'start-failed-late', delayMs: 400 } });
    await start(stage);
    const first = await stage.sink.event('egress_started');
    const second = await stage.sink.event('egress_ended');
    expect(second.egressInfo?.updatedAt).toBeGreaterThan(first.egressInfo?.updatedAt ?? 0n);
  });

  it('start-failed-late (timeout): after three attempts of half a minute', async () => {
    const stage = await createLiveStage({ script: { name: 'start-failed-late', status: 'timeout' }, speed: 1000 });
    await start(stage);
    const { egressInfo } = await stage.sink.event('egress_ended');
    expect(egressInfo).toMatchObject({ status: EGRESS_FAILED, error: 'page load error: timed out', errorCode: 400 });
    const [starting, failed] = stage.simulator.egresses()[0]?.states ?? [];
    expect((failed?.at ?? 0) - (starting?.at ?? 0)).toBeGreaterThan(89_000 / 1000 - 10);
  });

  it('room-deleted-while-starting (zombie): the browser makes the room anew and waits in it until it closes', async () => {
    const stage = await createLiveStage({ script: { name: 'room-deleted-while-starting', status: 'zombie' }, speed: 20 });
    const before = await stage.sink.event('room_started');
    const { egressId } = await start(stage);
    await stage.sink.event('room_finished');
    const after = await stage.sink.event('room_started');
    expect(after.room?.sid).not.toBe(before.room?.sid);
    await stage.sink.next(({ event }) => event?.participant?.identity === egressId);
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_STARTING);
    stage.simulator.setSpeed(HASTY);
    await stage.sink.event('room_finished');
    const { egressInfo } = await stage.sink.event('egress_ended');
    expect(egressInfo).toMatchObject({ status: EGRESS_ABORTED, errorCode: 412, details: 'End reason: Source closed' });
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_ended 5']);
  });

  it('start-handler-failed: events are sent although the call fails', async () => {
    const stage = await createLiveStage({ script: { name: 'start-handler-failed' } });
    expect(await refusal(start(stage))).toMatchObject({
      status: 500,
      code: 'internal',
      message: `${PREFIX}handler failed to start`,
    });
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject({ status: EGRESS_FAILED, errorCode: 500 });
  });

  it('revived-after-failed: the same id lives again, with a newer updatedAt', async () => {
    const stage = await createLiveStage({ script: { name: 'revived-after-failed' } });
    const { egressId } = await start(stage);
    const failed = await stage.sink.event('egress_ended', EGRESS_FAILED);
    const active = await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    expect(active.egressInfo?.egressId).toBe(egressId);
    expect(active.egressInfo?.updatedAt).toBeGreaterThan(failed.egressInfo?.updatedAt ?? 0n);
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_ended 4', 'egress_updated 1']);
  });

  it('no-capacity: the client gives up first, and nothing ever exists', async () => {
    const stage = await createLiveStage({ script: { name: 'no-capacity', delayMs: ENDLESS_MS } });
    await expect(impatient(stage).startRoomCompositeEgress('r', fileOutput('x'))).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 23,
    });
    expect(await stage.egress.listEgress()).toEqual([]);
    expect(sequence(stage.sink)).toEqual([]);
  });

  it.each([
    ['no-capacity', 503, 'unavailable', 'no response from servers'],
    ['no-capacity-fast', 503, 'unavailable', 'no response from servers'],
    ['room-not-found', 404, 'not_found', 'requested room does not exist'],
    ['invalid-request', 400, 'invalid_argument', 'request has missing or invalid field: output'],
  ])('%s: refuses, and nothing ever exists', async (name, status, code, message) => {
    const stage = await createLiveStage({ script: { name } });
    expect(await refusal(start(stage))).toMatchObject({ status, code, message: PREFIX + message });
    expect(await stage.egress.listEgress()).toEqual([]);
    expect(stage.simulator.egresses()).toEqual([]);
  });

  it('already-exists: refuses, and records under an id the caller never got', async () => {
    const stage = await createLiveStage({ script: { name: 'already-exists', delayMs: ENDLESS_MS } });
    const refused = refusal(start(stage));
    await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    stage.simulator.setSpeed(HASTY);
    expect(await refused).toMatchObject({
      status: 409,
      code: 'already_exists',
      message: `${PREFIX}egress already exists`,
    });
    expect(await stage.egress.listEgress({ active: true })).toMatchObject([{ status: EGRESS_ACTIVE }]);
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_updated 1']);
  });

  it('active-before-response: the answer still says STARTING', async () => {
    const stage = await createLiveStage({ script: { name: 'active-before-response' } });
    const { egressId, status } = await start(stage);
    expect(status).toBe(EGRESS_STARTING);
    expect(await listed(stage, egressId)).toMatchObject({ status: EGRESS_ACTIVE });
  });

  it('started-after-response: the answer comes first', async () => {
    const stage = await createLiveStage({ script: { name: 'started-after-response', delayMs: ENDLESS_MS } });
    await start(stage);
    expect(sequence(stage.sink).filter((event) => event.startsWith('egress_started'))).toEqual([]);
    stage.simulator.setSpeed(HASTY);
    await stage.sink.event('egress_started');
  });

  it('two-egresses: both record, each to its own file', async () => {
    const stage = await createLiveStage({ script: { name: 'two-egresses' } });
    const both = await Promise.all([start(stage, 'one'), start(stage, 'two')]);
    for (const { egressId } of both) {
      await stage.sink.next(({ event }) => event?.egressInfo?.egressId === egressId && event.egressInfo.status === EGRESS_ACTIVE);
    }
    expect(await stage.egress.listEgress({ roomName: 'r', active: true })).toHaveLength(2);
    for (const { egressId } of both) await stage.egress.stopEgress(egressId);
    for (const _ of both) await stage.sink.event('egress_ended', EGRESS_COMPLETE);
    expect([await exists(stage, 'one.mp4'), await exists(stage, 'two.mp4')]).toEqual([true, true]);
  });

  it('foreign-egress: somebody else records the same room', async () => {
    const stage = await createLiveStage({ script: { name: 'foreign-egress' } });
    const { egressId } = await start(stage);
    const foreign = await stage.sink.next(
      ({ event }) => event?.event === 'egress_updated' && event.egressInfo?.egressId !== egressId,
    );
    expect(foreign.event?.egressInfo?.fileResults[0]?.filename).toMatch(/^foreign\//);
    expect(await stage.egress.listEgress({ roomName: 'r' })).toHaveLength(2);
  });

  it('foreign-egress of a room: starts at once when the room is there', async () => {
    const stage = await createLiveStage();
    stage.simulator.setScript({ name: 'foreign-egress' }, 'r');
    const { egressInfo } = await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    expect(egressInfo?.request.value).toMatchObject({ roomName: 'r', fileOutputs: [{ filepath: 'foreign/{room_name}-{utc}' }] });
    await start(stage);
    expect(await stage.egress.listEgress({ roomName: 'r' })).toHaveLength(2);
  });

  it('auto-egress-failed: an event without an egress id', async () => {
    const stage = await createLiveStage({ script: { name: 'auto-egress-failed' } });
    await start(stage);
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject({
      egressId: '',
      roomName: 'r',
      status: EGRESS_FAILED,
    });
    expect(await stage.egress.listEgress()).toHaveLength(1);
  });
});

describe('stopping', () => {
  it('stop-while-loading: blocks, and is executed although the client gave up', async () => {
    const stage = await createLiveStage({ script: { name: 'stop-while-loading', delayMs: ENDLESS_MS } });
    const { egressId } = await start(stage);
    stage.simulator.setSpeed(FROZEN);
    await expect(impatient(stage).stopEgress(egressId)).rejects.toMatchObject({ name: 'TimeoutError' });
    stage.simulator.setSpeed(HASTY);
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject({ egressId, status: EGRESS_ABORTED });
  });

  it('stop-while-loading: gives up itself after fifteen seconds', async () => {
    const stage = await createLiveStage({ script: { name: 'stop-while-loading', delayMs: ENDLESS_MS } });
    const { egressId } = await start(stage);
    expect(await refusal(stage.egress.stopEgress(egressId))).toMatchObject({ status: 408, code: 'deadline_exceeded' });
    stage.simulator.setSpeed(HASTY);
    await stage.sink.event('egress_ended', EGRESS_ABORTED);
  });

  it('stop-lost: the first stop has no effect, the next one works', async () => {
    const stage = await createLiveStage({ script: { name: 'stop-lost' } });
    const egressId = await startLive(stage);
    expect(await refusal(stage.egress.stopEgress(egressId))).toEqual({
      name: 'Request Timeout',
      status: 408,
      code: 'deadline_exceeded',
      message: `${PREFIX}request timed out`,
    });
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_ACTIVE);
    expect((await stage.egress.stopEgress(egressId)).status).toBe(EGRESS_ENDING);
  });

  it('stop-answer-lost: executed, and the connection is reset', async () => {
    const stage = await createLiveStage({ script: { name: 'stop-answer-lost' } });
    const egressId = await startLive(stage);
    await expect(stage.egress.stopEgress(egressId)).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    await stage.sink.event('egress_updated', EGRESS_ENDING);
    await stage.sink.event('egress_ended', EGRESS_COMPLETE);
  });

  it('stop-race-ended: it had just ended by itself', async () => {
    const stage = await createLiveStage({ script: { name: 'stop-race-ended' } });
    const egressId = await startLive(stage);
    expect(await refusal(stage.egress.stopEgress(egressId))).toMatchObject({
      status: 412,
      code: 'failed_precondition',
      message: 'egress with status EGRESS_COMPLETE cannot be stopped',
    });
    await stage.sink.event('egress_ended', EGRESS_COMPLETE);
    expect(await exists(stage, 'x.mp4')).toBe(true);
  });

  it('stop-race-ended (after): its end is told only after the stop was refused', async () => {
    const stage = await createLiveStage({ script: { name: 'stop-race-ended', status: 'after', delayMs: ENDLESS_MS } });
    const egressId = await startLive(stage);
    expect(await refusal(stage.egress.stopEgress(egressId))).toMatchObject({ status: 412 });
    expect(sequence(stage.sink)).not.toContain('egress_ended 3');
    stage.simulator.setSpeed(HASTY);
    await stage.sink.event('egress_ended', EGRESS_COMPLETE);
  });

  it('stop-twice: the second answer is ENDING too', async () => {
    const stage = await createLiveStage({ script: { name: 'stop-twice' } });
    const egressId = await startLive(stage);
    stage.simulator.setSpeed(FROZEN);
    const answers = [await stage.egress.stopEgress(egressId), await stage.egress.stopEgress(egressId)];
    expect(answers.map(({ status }) => status)).toEqual([EGRESS_ENDING, EGRESS_ENDING]);
    stage.simulator.setSpeed(200);
    await stage.sink.event('egress_ended');
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_updated 1', 'egress_updated 2', 'egress_ended 3']);
  });

  it('stuck-ending: ENDING for ever, and no further stop', async () => {
    const stage = await createLiveStage({ script: { name: 'stuck-ending' } });
    const egressId = await startLive(stage);
    expect((await stage.egress.stopEgress(egressId)).status).toBe(EGRESS_ENDING);
    await stage.sink.event('egress_updated', EGRESS_ENDING);
    expect(await refusal(stage.egress.stopEgress(egressId))).toMatchObject({
      status: 412,
      message: 'egress with status EGRESS_ENDING cannot be stopped',
    });
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_ENDING);
  });

  it.each([
    ['slow-upload', { status: EGRESS_COMPLETE }, true],
    ['pipeline-frozen', { status: EGRESS_FAILED, error: 'pipeline frozen', errorCode: 500 }, false],
    ['upload-failed', { status: EGRESS_FAILED, errorCode: 400, details: 'End reason: StopEgress API' }, false],
    ['backup-used', { status: EGRESS_COMPLETE, backupStorageUsed: true }, false],
  ])('%s: ends as it says', async (name, outcome, hasFile) => {
    const stage = await createLiveStage({ script: { name, delayMs: 3000 } });
    expect(await recordOnce(stage)).toMatchObject(outcome);
    expect(sequence(stage.sink)).toEqual([
      'egress_started 0',
      'egress_updated 1',
      'egress_updated 2',
      `egress_ended ${outcome.status}`,
    ]);
    expect(await exists(stage, 'x.mp4')).toBe(hasFile);
  });

  it('complete-then-failed: a second, newer end for the same id', async () => {
    const stage = await createLiveStage({ script: { name: 'complete-then-failed' } });
    const complete = await recordOnce(stage);
    const { egressInfo } = await stage.sink.event('egress_ended', EGRESS_FAILED);
    expect(egressInfo).toMatchObject({ egressId: complete?.egressId, error: 'exit status 2', errorCode: 500 });
    expect(egressInfo?.updatedAt).toBeGreaterThan(complete?.updatedAt ?? 0n);
  });

  it.each([
    ['empty', 0n, 0],
    ['missing', 1000n, undefined],
    ['short', undefined, undefined],
  ])('empty-or-missing-file (%s): COMPLETE about a file that is not whole', async (status, reported, onDisk) => {
    const stage = await createLiveStage({ script: { name: 'empty-or-missing-file', status } });
    const info = await recordOnce(stage);
    const [file] = info?.fileResults ?? [];
    const size = await stat(file?.location ?? '').then(
      (stats) => stats.size,
      () => undefined,
    );
    expect(info?.status).toBe(EGRESS_COMPLETE);
    if (reported !== undefined) expect(file?.size).toBe(reported);
    if (status === 'short') expect(file?.size).toBe(BigInt(size ?? 0) + 1000n);
    else expect(size).toBe(onDisk);
  });

  it('disk-full (local): a truncated file stays at its place', async () => {
    const stage = await createLiveStage({ script: { name: 'disk-full', status: 'local' } });
    const info = await recordOnce(stage);
    expect(info).toMatchObject({
      status: EGRESS_FAILED,
      errorCode: 400,
      error: expect.stringMatching(/^Local upload failed: .*no space left/),
    });
    expect(await readFile(path.join(stage.mediaDir, 'x.mp4'))).toHaveLength(64);
  });
});

describe('while it records', () => {
  it('happy-room-end: deleting the room ends the recording', async () => {
    const stage = await createLiveStage({ script: { name: 'happy-room-end' } });
    await startLive(stage);
    await stage.rooms.deleteRoom('r');
    await stage.sink.event('room_finished');
    const { egressInfo } = await stage.sink.event('egress_updated', EGRESS_ENDING);
    expect(egressInfo?.details).toBe('End reason: Source closed');
    await stage.sink.event('egress_ended', EGRESS_COMPLETE);
  });

  it('room-deleted-mid-recording: as if somebody had called DeleteRoom', async () => {
    const stage = await createLiveStage({ script: { name: 'room-deleted-mid-recording' } });
    await startLive(stage);
    const gone = await stage.sink.next(
      ({ event }) => event?.event === 'participant_left' && event.participant?.identity === 'ada',
    );
    expect(gone.event?.participant?.disconnectReason).toBe(5);
    await stage.sink.event('egress_ended', EGRESS_COMPLETE);
    expect(stage.simulator.egresses()).toMatchObject([{ endedBy: 'room' }]);
  });

  it('room-recreated: the same name comes back as another room', async () => {
    const stage = await createLiveStage();
    const before = await stage.sink.event('room_started');
    stage.simulator.setScript({ name: 'room-recreated', times: 1 });
    await stage.rooms.deleteRoom('r');
    await stage.sink.event('room_finished');
    const after = await stage.sink.event('room_started');
    expect(after.room?.name).toBe('r');
    expect(after.room?.sid).not.toBe(before.room?.sid);
  });

  it('coalesced: neither store nor webhooks ever say ACTIVE or ENDING', async () => {
    const stage = await createLiveStage({ script: { name: 'coalesced' } });
    const { egressId } = await start(stage);
    await expect.poll(() => stage.simulator.egresses()[0]?.liveFrom, { interval: 2 }).toBeDefined();
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_STARTING);
    stage.simulator.setSpeed(FROZEN);
    expect((await stage.egress.stopEgress(egressId)).status).toBe(EGRESS_ENDING);
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_STARTING);
    stage.simulator.setSpeed(200);
    await stage.sink.event('egress_ended', EGRESS_COMPLETE);
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_ended 3']);
  });

  it('worker-crash: nobody ever says so', async () => {
    const stage = await createLiveStage({ script: { name: 'worker-crash', delayMs: 100 } });
    const egressId = await startLive(stage);
    const left = await stage.sink.next(({ event }) => event?.event === 'participant_left');
    expect(left.event).toMatchObject({ participant: { identity: egressId }, room: { activeRecording: false } });
    expect(await refusal(stage.egress.stopEgress(egressId))).toMatchObject({ status: 408, code: 'deadline_exceeded' });
    await stage.rooms.deleteRoom('r');
    stage.simulator.setScript(null);
    stage.simulator.join('other', { identity: 'bob', publish: true });
    await stage.egress.startRoomCompositeEgress('other', fileOutput('other'));
    await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_ACTIVE);
    expect(stage.sink.arrivals.filter(({ event }) => event?.egressInfo?.egressId === egressId)).toHaveLength(2);
    expect(stage.simulator.egresses()[0]).toMatchObject({ endedBy: 'fault', liveTo: expect.any(Number) });
  });

  it('handler-crash: FAILED without details or file times', async () => {
    const stage = await createLiveStage({ script: { name: 'handler-crash' } });
    await startLive(stage);
    const { egressInfo } = await stage.sink.event('egress_ended');
    expect(egressInfo).toMatchObject({ status: EGRESS_FAILED, error: 'signal: killed', errorCode: 500, details: '' });
    expect(egressInfo?.fileResults[0]).toMatchObject({ endedAt: 0n, location: '' });
  });

  it('limit-reached: the file is there, and nobody said ENDING', async () => {
    const stage = await createLiveStage({ script: { name: 'limit-reached' } });
    await startLive(stage);
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject({
      status: EGRESS_LIMIT_REACHED,
      error: 'Session limit reached',
      errorCode: 413,
      details: 'End reason: Session limit reached',
      fileResults: [{ location: path.join(stage.mediaDir, 'x.mp4') }],
    });
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_updated 1', 'egress_ended 6']);
  });

  it.each([
    [
      'worker-shutdown',
      'End reason: Process killed',
      { status: EGRESS_FAILED, error: 'server is shutting down', errorCode: 403 },
    ],
    ['cpu-stop', 'End reason: CPU exhausted', { status: EGRESS_COMPLETE }],
    ['source-closed-early', 'End reason: Source closed', { status: EGRESS_COMPLETE }],
  ])('%s: ends unasked, with a file', async (name, details, outcome) => {
    const stage = await createLiveStage({ script: { name } });
    await startLive(stage);
    expect((await stage.sink.event('egress_updated', EGRESS_ENDING)).egressInfo).toMatchObject({ details });
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject({ ...outcome, details });
    expect(await exists(stage, 'x.mp4')).toBe(true);
    expect(stage.simulator.egresses()).toMatchObject([{ endedBy: 'fault' }]);
  });

  it('cpu-stop (killed): as a worker before 1.14 does it', async () => {
    const stage = await createLiveStage({ script: { name: 'cpu-stop', status: 'killed' } });
    await startLive(stage);
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject({
      status: EGRESS_FAILED,
      error: expect.stringMatching(/^CPU exhausted: .* cores used$/),
      errorCode: 403,
      details: 'End reason: Process killed',
    });
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_updated 1', 'egress_ended 4']);
  });

  it('disk-full: FAILED while it records', async () => {
    const stage = await createLiveStage({ script: { name: 'disk-full' } });
    await startLive(stage);
    expect((await stage.sink.event('egress_ended')).egressInfo).toMatchObject({ status: EGRESS_FAILED, errorCode: 500 });
  });
});

describe('a script set in the middle', () => {
  it('of the room happens to what records there', async () => {
    const stage = await createLiveStage();
    await startLive(stage);
    stage.simulator.setScript({ name: 'handler-crash', delayMs: 100 }, 'r');
    await stage.sink.event('egress_ended', EGRESS_FAILED);
  });

  it('of all rooms waits for the next egress', async () => {
    const stage = await createLiveStage();
    const egressId = await startLive(stage);
    stage.simulator.setScript({ name: 'handler-crash', delayMs: 0 });
    await start(stage, 'y.mp4');
    const { egressInfo } = await stage.sink.event('egress_ended', EGRESS_FAILED);
    expect(egressInfo?.egressId).not.toBe(egressId);
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_ACTIVE);
  });

  it('happy for one room keeps it free of what holds for all', async () => {
    const stage = await createLiveStage({ script: { name: 'no-capacity-fast' } });
    stage.simulator.setScript({ name: 'happy' }, 'r');
    await startLive(stage);
  });

  it('about a stop leaves one that is over alone', async () => {
    const stage = await createLiveStage();
    const info = await recordOnce(stage);
    stage.simulator.setScript({ name: 'stop-lost' });
    expect(await refusal(stage.egress.stopEgress(info?.egressId ?? ''))).toMatchObject({ status: 412 });
  });
});

describe('what the API shows', () => {
  it('stale-list: the snapshot before, for a while', async () => {
    const stage = await createLiveStage({ script: { name: 'stale-list', delayMs: ENDLESS_MS } });
    const egressId = await startLive(stage);
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_STARTING);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ENDLESS_MS });
    expect((await listed(stage, egressId))?.status).toBe(EGRESS_ACTIVE);
  });

  it('list-purged: what is over is gone', async () => {
    const stage = await createLiveStage({ script: { name: 'list-purged' } });
    const info = await recordOnce(stage);
    expect(await refusal(listed(stage, info?.egressId ?? ''))).toMatchObject({
      status: 404,
      message: `${PREFIX}egress does not exist`,
    });
    expect(await stage.egress.listEgress({ roomName: 'r' })).toEqual([]);
    expect(await refusal(stage.egress.stopEgress(info?.egressId ?? ''))).toMatchObject({ status: 404 });
    expect(stage.simulator.egresses()).toHaveLength(1);
  });

  it('stale-counts: the room list lags, the participant list does not', async () => {
    const stage = await createStage({ script: { name: 'stale-counts' }, speed: FROZEN });
    stage.simulator.join('r', { identity: 'ada', publish: true });
    expect(await stage.rooms.listRooms()).toMatchObject([{ numParticipants: 0, numPublishers: 0 }]);
    expect(await stage.rooms.listParticipants('r')).toHaveLength(1);
    stage.simulator.setSpeed(200);
    await expect.poll(async () => (await stage.rooms.listRooms())[0]?.numPublishers, { interval: 5 }).toBe(1);
  });

  it('old-server: no prefix, no startedAt while STARTING, 503 for a zombie', async () => {
    const stage = await createLiveStage({ script: { name: 'worker-crash', delayMs: 0 } });
    const egressId = await startLive(stage);
    await stage.sink.next(({ event }) => event?.event === 'participant_left');
    stage.simulator.setScript({ name: 'old-server' });
    expect(await refusal(stage.egress.listEgress({ egressId: 'EG_x' }))).toMatchObject({ message: 'egress does not exist' });
    expect(await refusal(stage.egress.stopEgress(egressId))).toMatchObject({ status: 503, message: 'no response from servers' });
    expect((await start(stage)).startedAt).toBe(0n);
    const { egressInfo } = await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    expect(egressInfo?.startedAt).toBeGreaterThan(0n);
  });

  it('no-redis: rooms work, egress does not', async () => {
    const stage = await createLiveStage({ script: { name: 'no-redis' } });
    const unconnected = { status: 500, code: 'internal', message: `${PREFIX}egress not connected (redis required)` };
    expect(await refusal(stage.egress.listEgress())).toMatchObject(unconnected);
    expect(await refusal(stage.egress.stopEgress('EG_x'))).toMatchObject(unconnected);
    expect(await refusal(start(stage))).toMatchObject({ status: 503, code: 'unavailable' });
    expect(await stage.rooms.listRooms()).toHaveLength(1);
  });
});

describe('calls that fail', () => {
  it.each([
    ['api-503', { name: 'Service Unavailable', status: 503, code: 'unavailable', message: `${PREFIX}no response from servers` }],
    ['api-500', { status: 500, code: 'internal' }],
    ['api-429', { name: 'Too Many Requests', status: 429, code: 'resource_exhausted' }],
    ['api-401', { status: 401, code: undefined, message: 'invalid API key' }],
    ['api-503-html', { status: 503, code: undefined, message: expect.stringContaining('<html>') }],
    ['api-json-charset', { status: 503, code: undefined, message: expect.stringContaining('"unavailable"') }],
    ['api-reset', { name: 'TypeError', message: 'fetch failed' }],
    ['api-200-garbage', { name: 'SyntaxError' }],
  ])('%s: fails as often as asked, and only where asked', async (name, error) => {
    const stage = await createLiveStage({ script: { name, method: 'ListEgress', times: 2 } });
    expect(await stage.rooms.listRooms()).toHaveLength(1);
    expect(await refusal(stage.egress.listEgress())).toMatchObject(error);
    expect(await refusal(stage.egress.listEgress())).toMatchObject(error);
    expect(await stage.egress.listEgress()).toEqual([]);
  });

  it.each(['api-timeout', 'api-hang-body'])('%s: the client has to give up', async (name) => {
    const stage = await createLiveStage({ script: { name, times: 1 } });
    await expect(impatient(stage).listEgress()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await stage.egress.listEgress()).toEqual([]);
  });

  it('api-503 with a status: that one', async () => {
    const stage = await createLiveStage({ script: { name: 'api-503', status: 404 } });
    expect(await refusal(stage.egress.listEgress())).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('api-200-empty-object: an egress without an id', async () => {
    const stage = await createLiveStage({ script: { name: 'api-200-empty-object' } });
    expect((await start(stage)).egressId).toBe('');
  });

  it('api-unknown-enum: a status from the future', async () => {
    const stage = await createLiveStage();
    await startLive(stage);
    stage.simulator.setScript({ name: 'api-unknown-enum' });
    expect(await stage.egress.listEgress()).toMatchObject([{ status: 0 }]);
    stage.simulator.setScript({ name: 'api-unknown-enum', status: 42 });
    expect(await stage.egress.listEgress()).toMatchObject([{ status: 42 }]);
  });

  it('slow-api: late, but right', async () => {
    const stage = await createLiveStage({ script: { name: 'slow-api' }, speed: 50 });
    const before = performance.now();
    expect(await stage.egress.listEgress()).toEqual([]);
    expect(performance.now() - before).toBeGreaterThan(95);
  });

  it('api-refused: nobody listens for a while, then again at the same place', async () => {
    const stage = await createLiveStage();
    stage.simulator.setScript({ name: 'api-refused', delayMs: ENDLESS_MS });
    const fails = () =>
      stage.egress.listEgress().then(
        () => 'answered',
        (error: unknown) => (error as Error & { cause: { code?: string } }).cause.code,
      );
    await expect.poll(fails, { interval: 5 }).toBe('ECONNREFUSED');
    stage.simulator.setSpeed(HASTY);
    await expect.poll(fails, { interval: 20 }).toBe('answered');
  });
});
