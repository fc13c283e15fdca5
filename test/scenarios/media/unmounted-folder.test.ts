import { copyFile, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { systemClock } from '../../../src/clock.js';
import { deleteExpiredRooms } from '../../../src/jobs/expired-rooms.job.js';
import { mediaKeyOf } from '../../../src/machines/recording/media-key.js';
import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { API_KEY } from '../../support/apps/tally-api.js';
import { eventually } from '../../support/eventually.js';
import { isFullSize } from '../../support/full-size.js';
import { silentLog } from '../../support/silent-log.js';
import { createDataFolder } from '../../support/stores/data-folder.js';

const AWAY_MS = isFullSize ? 60_000 : 2_000;
const CLIENTS = isFullSize ? 12 : 4;
const THINK_MS = isFullSize ? 500 : 50;
const MADE_UP_WITHIN_MS = 35_000;

let folder: Awaited<ReturnType<typeof createDataFolder>>;
let tally: AppOnSimulator;
/** The disk that the egress writes to, and the place where Tally's machine mounts it. */
let disk: string;
let mount: string;

beforeEach(async () => {
  folder = await createDataFolder();
  disk = path.join(folder.path, 'disk');
  mount = path.join(folder.path, 'mount');
  await mkdir(disk);
  await symlink(disk, mount);
  tally = await startAppOnSimulator({
    speed: 50,
    env: {
      TALLY_MEDIA: 'embedded',
      TALLY_MEDIA_DIR: mount,
      TALLY_EGRESS_MEDIA_DIR: disk,
      TALLY_MIN_AUTO_DELETION_LEAD_MS: '0',
      TALLY_UPLOAD_BUDGET_MS: '500',
      TALLY_RECONCILE_INTERVAL_MS: '300',
      TALLY_SUSPECT_RECHECK_MS: '100',
      TALLY_RECORDER_GONE_MS: '300',
      TALLY_DUE_INTERVAL_MS: '200',
    },
  });
});
afterEach(async () => {
  await tally.close();
  await folder.remove();
});

const unmount = () => rename(mount, `${mount}-away`);
const remount = () => rename(`${mount}-away`, mount);
const keyOf = (recordingId: string) => {
  const [roomId = '', , uid = ''] = recordingId.split('--');
  return mediaKeyOf({ roomId, uid });
};

/** The keys of the recorded files on the disk, sorted. */
async function filesOnDisk(): Promise<string[]> {
  const names = await readdir(disk, { recursive: true });
  return names.filter((name) => name.endsWith('.mp4')).sort();
}

async function play(recordingId: string): Promise<{ status: number; retryAfter: string | null }> {
  const url = `${tally.api.url}/api/v1/recordings/${recordingId}/media`;
  const answer = await fetch(url, { headers: { 'X-API-KEY': API_KEY, Range: 'bytes=0-99' } });
  await answer.arrayBuffer();
  return { status: answer.status, retryAfter: answer.headers.get('Retry-After') };
}

/** Waits until `/readyz`, whose checks may be a second old, reports the media store like this. */
async function untilMediaIs(ok: boolean, reason = ''): Promise<void> {
  const look = async () => {
    const answer = await fetch(`${tally.api.url}/readyz`, { headers: { 'X-API-KEY': API_KEY } });
    return { status: answer.status, ...((await answer.json()) as { media: { ok: boolean; reason?: string } }) };
  };
  await eventually(
    `/readyz reports the media store as ${ok ? 'ok' : 'not ok'}`,
    look,
    ({ status, media }) => status === 200 && media.ok === ok && (media.reason ?? '').includes(reason),
  );
}

/** Starts a recording in a room of its own, or in the given one. */
async function start(roomId?: string): Promise<string> {
  const { status, body } = await tally.api.start(roomId ?? (await tally.openRoom()));
  expect(status).toBe(201);
  return body.recordingId;
}

async function end(recordingId: string): Promise<string> {
  await tally.api.stop(recordingId);
  expect((await tally.api.outcome(recordingId)).status).toBe('complete');
  return recordingId;
}

const record = async (roomId?: string) => end(await start(roomId));
const expectDeleted = async (recordingId: string) => expect((await tally.api.delete(recordingId)).status).toBe(200);

/** Clients that record, play and delete on and on. Each keeps every second recording. */
function startClients() {
  const kept: string[] = [];
  const played = new Set<number>();
  let isOver = false;
  const work = async () => {
    for (let round = 0; !isOver; round += 1) {
      const recordingId = await record();
      played.add((await play(recordingId)).status);
      if (round % 2 === 0) kept.push(recordingId);
      else await expectDeleted(recordingId);
      await pause(THINK_MS);
    }
  };
  const all = Promise.all(Array.from({ length: CLIENTS }, work));
  all.catch(() => undefined); // `stop` reports it
  return {
    kept,
    played,
    async stop() {
      isOver = true;
      await all;
    },
  };
}

// Over 5 s: the time for which the folder is away, and up to 30 s until the last removal is tried again.
it(
  'a media folder that is unmounted under load loses no file and leaves none over: all is made up for within 35 s of its return',
  async () => {
    const { api, app, simulator } = tally;
    const inRoom = await tally.openRoom();
    const autoDeletionDate = Date.now() + 600_000;
    const expiring = await api.createRoom('Expiring', {
      autoDeletionDate,
      autoDeletionPolicy: { withMeeting: 'force', withRecordings: 'force' },
    });
    await simulator.join(expiring);
    const [kept, single, one, two] = [await record(), await record(), await record(), await record()];
    await record(inRoom);
    await record(expiring);
    const [stopped, leftByAll, liveInRoom, liveInExpiring] = [
      await start(),
      await start(),
      await start(inRoom),
      await start(expiring),
    ];
    const stuckRoom = await tally.openRoom();
    await simulator.script({ name: 'stuck-ending' }, stuckRoom);
    const stuck = await start(stuckRoom);
    expect((await play(kept)).status).toBe(206);
    await untilMediaIs(true);
    const clients = startClients();

    const before = await filesOnDisk();
    await unmount();
    const awayFrom = performance.now();
    expect(await play(kept)).toEqual({ status: 503, retryAfter: '2' });
    await untilMediaIs(false, `No media folder ${mount}`);
    await mkdir(mount);
    expect(await play(kept)).toEqual({ status: 503, retryAfter: '2' });
    await untilMediaIs(false, 'has no .tally-media');
    await expectDeleted(single);
    expect((await api.call('DELETE', `/recordings?recordingIds=${one},${two}`)).status).toBe(200);
    const room = await api.call('DELETE', `/rooms/${inRoom}?withMeeting=force&withRecordings=force`);
    expect(room.status).toBe(200);
    const later = { ...systemClock, now: () => autoDeletionDate + 1 };
    const jobPorts = { rooms: app.commands.rooms, roomStore: app.persistence.rooms, clock: later, log: silentLog };
    expect(await deleteExpiredRooms(jobPorts, new AbortController().signal)).not.toHaveProperty('failed');
    await end(stopped);
    await simulator.deleteRoom(leftByAll.split('--')[0] ?? '');
    expect((await api.outcome(leftByAll)).status).toBe('complete');
    // The egress delivers its file and is gone before LiveKit says so: the file alone tells the outcome.
    await api.stop(stuck);
    await mkdir(path.dirname(path.join(disk, keyOf(stuck))), { recursive: true });
    await copyFile(path.join(disk, keyOf(kept)), path.join(disk, keyOf(stuck)));
    await pause(Math.max(0, AWAY_MS - (performance.now() - awayFrom)));
    expect((await api.get(stuck)).body.status).toBe('ending');
    expect(await filesOnDisk()).toEqual(expect.arrayContaining(before));

    await rm(mount, { recursive: true });
    await remount();
    const backAt = performance.now();
    expect((await play(kept)).status).toBe(206);
    await untilMediaIs(true);
    await clients.stop();
    expect([...clients.played].sort()).toEqual([206, 503]);
    const all = [kept, stopped, leftByAll, stuck, ...clients.kept];
    await eventually(
      'the files of all kept recordings, and of no other, are on the disk',
      filesOnDisk,
      (files) => JSON.stringify(files) === JSON.stringify(all.map(keyOf).sort()),
      MADE_UP_WITHIN_MS - (performance.now() - backAt),
    );
    for (const recordingId of all) {
      expect((await api.outcome(recordingId, MADE_UP_WITHIN_MS)).status).toBe('complete');
      expect(await api.plays(recordingId)).toBeGreaterThan(0);
    }
    const settledMs = performance.now() - backAt;
    process.stdout.write(`${all.length} kept, all made up for ${(settledMs / 1_000).toFixed(1)} s after the return\n`);
    expect(settledMs).toBeLessThan(MADE_UP_WITHIN_MS);
    for (const recordingId of [single, one, two, liveInRoom, liveInExpiring]) {
      expect((await api.get(recordingId)).status).toBe(404);
    }
    const history = (await app.persistence.recordings.load(stuck.split('--')[2] ?? ''))?.tally.history ?? [];
    expect(history.map(({ to }) => to)).not.toContain('failed.rescuable');
  },
  AWAY_MS + 3 * MADE_UP_WITHIN_MS,
);
