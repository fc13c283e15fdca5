import {
  EgressStatus,
  EncodedFileOutput,
  EncodedFileType,
  RoomCompositeEgressRequest,
  StreamInfo,
  type ListEgressRequest,
  type UpdateStreamRequest,
} from '@livekit/protocol';
import { readJob, type EgressJob, type StartRequest } from '../egress/egress-job.js';
import { createEgress, isOver } from '../egress/egress.js';
import { EgressRun, type EgressContext } from '../worker/egress-run.js';
import { createStop } from './egress-stop.js';
import { HAPPY } from '../scripts/happy.js';
import { newId } from '../ids.js';
import type { Script } from '../scripts/script.js';
import { internalError, TwirpError } from '../wire/twirp-error.js';

/** The Egress API. Each call answers with the JSON that LiveKit would send. */
export interface EgressService {
  start(request: StartRequest): Promise<string>;
  stop(egressId: string): Promise<string>;
  /** Starts an egress of another program in that room, with a file path that is not Tally's. */
  startForeign(roomName: string): void;
  list(request: ListEgressRequest): string;
  updateLayout(egressId: string, layout: string): string;
  updateStream(request: UpdateStreamRequest): string;
}

/** A script with one of these members is for an egress. The egress takes it when it starts. */
const EGRESS_FACETS = [
  'answer',
  'start',
  'live',
  'ending',
  'stop',
  'webhooks',
  'unpublished',
  'listedLateMs',
  'purgedAfterMs',
  'foreign',
  'autoFailed',
  'startedLate',
  'workerSkewMs',
] as const satisfies readonly (keyof Script)[];

/** LiveKit's store drops an egress a day after its end. See livekit-server, `pkg/service/redisstore.go`. */
const RETENTION_MS = 24 * 3600 * 1000;
const NO_ROOM = { sid: '', name: '' };
/** Time that a worker takes to refuse a bad request. */
const VALIDATION_MS = 700;

export function createEgressService(context: EgressContext): EgressService {
  const { clock, rooms, scripts, store, webhooks } = context;

  const start: EgressService['start'] = async (request) => {
    store.forget((run) => run.egress.overSince !== undefined && clock.now() - run.egress.overSince >= RETENTION_MS);
    const job = readJob(request);
    const room = rooms.get(job.roomName);
    if (request.case !== 'web' && !room) throw internalError('not_found', 'requested room does not exist');
    const script: Script = scripts.take(job.roomName, EGRESS_FACETS) ?? HAPPY;
    if (script.autoFailed) announceAutoFailure(job, room?.info ?? NO_ROOM);
    if (script.foreign) startForeign(job.roomName);
    if (script.answer?.error?.code !== 'unavailable' && job.invalidField !== undefined) {
      await clock.delay(VALIDATION_MS);
      throw internalError('invalid_argument', `request has missing or invalid field: ${job.invalidField}`);
    }
    return begin(job, room?.info, script);
  };

  const begin = async (job: EgressJob, room: { sid: string; name: string } | undefined, script: Script): Promise<string> => {
    const egress = createEgress(newId('EG_'), job, room ?? NO_ROOM, clock.now(), script.workerSkewMs);
    const run = new EgressRun(egress, script, context);
    const { afterMs, error, afterSteps } = script.answer ?? HAPPY.answer;
    const answer = run.accepted.then(() => run.egress.listed(clock.now()));
    const played = run.play(script.start ?? HAPPY.start);
    if (afterSteps) await played;
    await clock.delay(afterMs);
    if (error) throw error;
    return answer;
  };

  const startForeign: EgressService['startForeign'] = (roomName) => {
    const room = rooms.get(roomName);
    if (room) void begin(readJob({ case: 'roomComposite', value: foreignRequest(roomName) }), room.info, HAPPY);
  };

  /** An auto egress that could not start is announced with an empty id. */
  const announceAutoFailure = (job: EgressJob, room: { sid: string; name: string }): void => {
    const egress = createEgress('', job, room, clock.now());
    egress.change(clock.now(), (info) => {
      Object.assign(info, { status: EgressStatus.EGRESS_FAILED, error: 'no response from servers', errorCode: 503 });
    });
    webhooks.egress('egress_ended', egress, scripts.take(room.name, ['webhooks'])?.webhooks);
  };

  /** @returns undefined when the id is unknown or purged */
  const find = (egressId: string): EgressRun | undefined => {
    const run = store.get(egressId);
    return run && !isPurged(run) ? run : undefined;
  };

  const isPurged = (run: EgressRun): boolean => {
    const { overSince } = run.egress;
    if (overSince === undefined) return false;
    const purgedAfterMs = run.facet('purgedAfterMs');
    // The speed does not shorten the retention of a day, else a long fast run would lose its entries.
    return clock.now() - overSince >= (purgedAfterMs === undefined ? RETENTION_MS : purgedAfterMs / clock.speed);
  };

  const list: EgressService['list'] = ({ egressId, roomName, active }) => {
    const now = clock.now();
    if (egressId !== '') {
      const run = find(egressId);
      if (!run) throw internalError('not_found', 'egress does not exist');
      return listOf([run.egress.listed(now)]);
    }
    const candidates = roomName !== '' ? store.ofRoom(roomName) : active ? store.active() : store.all();
    const items: string[] = [];
    for (const run of candidates) {
      if (active && isOver(run.egress.storedStatus)) continue;
      if (!isPurged(run)) items.push(run.egress.listed(now));
    }
    return listOf(items);
  };

  return {
    start,
    startForeign,
    stop: createStop(clock, find),
    list,
    updateLayout: (egressId, layout) => {
      const run = find(egressId);
      if (!run) throw internalError('not_found', 'egress does not exist');
      const recorder = rooms.get(run.egress.info.roomName)?.participants.get(egressId);
      if (!recorder) throw internalError('not_found', 'participant does not exist');
      recorder.metadata = JSON.stringify({ layout });
      return run.egress.listed(clock.now());
    },
    updateStream: ({ egressId, addOutputUrls, removeOutputUrls }) => {
      const run = find(egressId);
      if (!run) throw internalError('not_found', 'egress does not exist');
      if (run.status > EgressStatus.EGRESS_ACTIVE) {
        throw new TwirpError('failed_precondition', `egress with status ${EgressStatus[run.status]} cannot be updated`);
      }
      const known = run.egress.info.streamResults;
      if (known.length === 0) throw internalError('invalid_argument', 'UpdateStream called on non-streaming egress');
      const missing = removeOutputUrls.find((url) => !known.some((stream) => stream.url === url));
      if (missing !== undefined) throw internalError('not_found', `stream ${missing} not found`);
      run.egress.change(clock.now(), (info) => {
        info.streamResults = info.streamResults.filter(({ url }) => !removeOutputUrls.includes(url));
        for (const url of addOutputUrls) info.streamResults.push(new StreamInfo({ url }));
      });
      return run.egress.listed(clock.now());
    },
  };
}

function listOf(items: readonly string[]): string {
  return `{"items":[${items.join(',')}],"next_page_token":null}`;
}

function foreignRequest(roomName: string): RoomCompositeEgressRequest {
  const file = new EncodedFileOutput({ fileType: EncodedFileType.MP4, filepath: 'foreign/{room_name}-{utc}' });
  return new RoomCompositeEgressRequest({ roomName, layout: 'grid', fileOutputs: [file] });
}
