import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { formatRecordingId } from '../../src/machines/recording/recording-id.js';
import type { RecordingDocument } from '../../src/machines/recording/recording.js';
import { type AppOnSimulator, startAppOnSimulator } from '../support/apps/app-on-simulator.js';
import { eventually } from '../support/eventually.js';
import type { S3Server } from '../support/stores/s3-bucket.js';
import { type S3Proxy, startS3Proxy } from '../support/stores/s3-proxy.js';
import { settleEach } from '../../src/concurrency.js';
import { isFullSize } from '../support/full-size.js';
import { buildSettled } from './documents.js';

export interface CrowdedRoomContract {
  name: string;
  /** Starts an S3 server. `env` holds Tally's variables for the other stores. */
  start: () => Promise<{ s3: S3Server; env?: Record<string, string>; stop: () => Promise<void> }>;
  /** Time limit for filling the bucket with two thousand objects, and for each test, milliseconds. */
  timeoutMs: number;
}

const BUCKET = 'recordings';
const MANY = isFullSize ? 1_500 : 600;
const NAMED = 500;
const NAMED_ROOM = 'by-name-000001';

/** Runs the whole application on an S3 server and deletes hundreds of recordings with one request. */
export function crowdedRoomContract({ name, start, timeoutMs }: CrowdedRoomContract): void {
  describe(`deleting many recordings: ${name}`, { timeout: timeoutMs }, () => {
    let stop = (): Promise<void> => Promise.resolve();
    let client: S3Client;
    let proxy: S3Proxy;
    let tally: AppOnSimulator;
    let named: RecordingDocument[];
    let crowd: RecordingDocument[];
    let roomId: string;

    beforeAll(async () => {
      const { s3, env = {}, stop: stopServers } = await start();
      const { endpoint, accessKey, secretKey } = s3;
      const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
      client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
      await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
      proxy = await startS3Proxy(endpoint);
      tally = await startAppOnSimulator({
        speed: 50,
        env: {
          MEET_S3_SERVICE_ENDPOINT: proxy.url,
          MEET_S3_BUCKET: BUCKET,
          MEET_S3_ACCESS_KEY: accessKey,
          MEET_S3_SECRET_KEY: secretKey,
          ...env,
        },
      });
      stop = async () => {
        await tally.close();
        await proxy.close();
        client.destroy();
        await stopServers();
      };
      named = await fill(NAMED_ROOM, NAMED);
      roomId = await tally.openRoom('Crowded');
      crowd = await fill(roomId, MANY - 1);
    }, timeoutMs);
    afterAll(() => stop());

    /** Creates complete recordings of a room, each with its file. */
    async function fill(roomId: string, count: number): Promise<RecordingDocument[]> {
      const { recordings } = tally.app.persistence;
      const documents = Array.from({ length: count }, (_, index) => {
        const uid = `${roomId.slice(-6)}${String(index).padStart(4, '0')}`;
        const end = { observation: { status: 'COMPLETE', updatedAt: '1' }, media: 'complete' } as const;
        return buildSettled(uid, { roomId, ...end });
      });
      const outcomes = await settleEach(documents, 100, async (document) => {
        await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: keyOf(document), Body: 'a film' }));
        expect(await recordings.create(document.uid, document)).toEqual({ created: true });
      });
      expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([]);
      return documents;
    }

    /** Lists the keys of a room's objects in the bucket, sorted. */
    async function keys(ofRoom: string): Promise<string[]> {
      const Prefix = tally.app.persistence.media.egressPath(`recordings/${ofRoom}`);
      const found: string[] = [];
      for (let token: string | undefined; ;) {
        const page = { Bucket: BUCKET, Prefix, ...(token === undefined ? {} : { ContinuationToken: token }) };
        const { Contents = [], NextContinuationToken } = await client.send(new ListObjectsV2Command(page));
        found.push(...Contents.map(({ Key = '' }) => Key));
        token = NextContinuationToken;
        if (token === undefined) return found.sort();
      }
    }

    /** Counts the recordings that have a pending effect. */
    const countOwing = async () => (await tally.app.persistence.recordings.owing(10_000)).length;

    /** Starts a stopwatch that prints elapsed time and CPU time. CPU time does not depend on other load of the machine. */
    function stopwatch(): (what: string) => void {
      const [begunAt, cpu] = [performance.now(), process.cpuUsage()];
      return (what) => {
        const { user, system } = process.cpuUsage(cpu);
        const [ms, cpuMs] = [performance.now() - begunAt, (user + system) / 1_000].map((value) => value.toFixed(0));
        process.stdout.write(`${name}: ${what} in ${ms} ms, ${cpuMs} ms of it computing here\n`);
      };
    }

    /** The key of the recording's file in the bucket. */
    const keyOf = ({ mediaKey }: RecordingDocument) => tally.app.persistence.media.egressPath(mediaKey);
    const load = (uid: string) => tally.app.persistence.recordings.load(uid);

    it(`${String(NAMED)} recordings named in one request are deleted when the request is answered`, async () => {
      const { api } = tally;
      const ids = named.map(formatRecordingId);
      const report = stopwatch();
      const { status, body } = await api.call('DELETE', `/recordings?recordingIds=${ids.join(',')}`);
      report(`${String(NAMED)} recordings deleted by name`);
      expect([status, body]).toEqual([200, { message: 'All recordings deleted successfully', deleted: ids }]);
      expect(await api.list(NAMED_ROOM)).toEqual([]);
      for (const id of ids.slice(0, 20)) expect((await api.get(id)).status).toBe(404);
      await eventually('every file is removed', countOwing, (count) => count === 0, timeoutMs);
      report('their files were removed');
      expect(await keys(NAMED_ROOM)).toEqual([]);
    });

    it(`a room is deleted with ${String(MANY)} recordings while S3 refuses to remove every seventh file`, async () => {
      const { api, app, simulator } = tally;
      const { recordingId } = (await api.start(roomId)).body;
      const liveUid = recordingId.split('--')[2] ?? '';
      const failing = crowd.filter((_, index) => index % 7 === 6);
      const failingKeys = failing.map(keyOf).sort();
      const paths = new Set(failingKeys.map((key) => `/${BUCKET}/${key}`));
      proxy.fail((method, path) => method === 'DELETE' && paths.has(path));

      const report = stopwatch();
      const answer = await api.call('DELETE', `/rooms/${roomId}?withMeeting=force&withRecordings=force`);
      expect(answer.body).toMatchObject({ successCode: 'room_with_active_meeting_and_recordings_deleted' });
      await eventually(
        'the room has told its recordings',
        () => app.persistence.rooms.owing(1),
        (rooms) => rooms.length === 0,
        timeoutMs,
      );
      await eventually(
        'the live one is deleted',
        () => load(liveUid),
        (live) => live?.tally.state === 'deleted',
        timeoutMs,
      );
      report(`${String(MANY)} recordings deleted with their room`);
      await eventually('all other files are removed', countOwing, (count) => count === failing.length, timeoutMs);
      report(`their files removed, but for ${String(failing.length)}`);

      // Clients see no recording any more, also none whose file still exists.
      expect((await api.call('GET', `/rooms/${roomId}`)).status).toBe(404);
      expect(await api.list(roomId)).toEqual([]);
      for (const id of [recordingId, ...failing.slice(0, 10).map(formatRecordingId)])
        expect((await api.get(id)).status).toBe(404);
      const egress = (await simulator.egresses()).find(({ roomName }) => roomName === roomId);
      expect(egress?.states.at(-1)?.status).toBe('EGRESS_COMPLETE');
      // Only the recordings whose file still exists have a pending effect.
      expect(await keys(roomId)).toEqual(failingKeys);
      for (const { uid } of failing) {
        const owed = await load(uid);
        expect(owed?.tally).toMatchObject({ state: 'deleted', effects: [{ name: 'removeMedia' }] });
        expect(owed?.tally.effects[0]?.attempts).toBeGreaterThan(0);
      }

      proxy.fail(undefined);
      const reportRemoved = stopwatch();
      await eventually('nothing is owed', countOwing, (count) => count === 0, timeoutMs);
      reportRemoved('these removed after the bucket was well again');
      expect(await keys(roomId)).toEqual([]);
      for (const { uid } of crowd) expect((await load(uid))?.tally.state).toBe('deleted');
      await eventually(
        'the room is forgotten',
        () => app.persistence.rooms.load(roomId),
        (room) => room === undefined,
      );
    });
  });
}
