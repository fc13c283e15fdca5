import type { Clock } from '../../clock.js';
import { toError } from '../../errors.js';
import { createBlipGuard } from './blip-guard.js';
import type { Log } from '../../logging.js';
import { doAll } from '../../concurrency.js';
import type { Supervisor } from '../kernel/supervisor.js';
import type { MeetingKeeper } from './meetings.js';
import type { EgressObservation } from '../ports/egress-gateway.js';
import type { RecordingEvent } from '../recording/events.js';
import type { LiveKitGateway } from '../ports/livekit-gateway.js';
import type { LiveKitRoom } from '../ports/room-gateway.js';
import type { RecordingStore } from '../recording/recording-store.js';
import type { RecordingContext, RecordingDocument } from '../recording/recording.js';
import { reconcile, type Sight, suspects, type Suspicion } from './decide.js';
import type { StrayKeeper } from './strays.js';

export interface ReconcilerOptions {
  supervisor: Supervisor<RecordingContext, RecordingEvent>;
  store: RecordingStore;
  livekit: LiveKitGateway;
  strays: StrayKeeper;
  meetings: MeetingKeeper;
  clock: Clock;
  log: Log;
  /** Time between two passes, milliseconds. */
  intervalMs: number;
  /** Time until a suspect is looked at again, milliseconds. */
  recheckMs: number;
  /** How far apart two looks must be to prove a death, milliseconds. */
  goneMs: number;
  /** Asked before a pass: false when another instance has just made one. Must not throw. Default: always ours. */
  mayPass?: () => Promise<boolean>;
}

export interface PassSummary {
  live: number;
  suspects: number;
  foreign: number;
  /** The looks were thrown away: too many recordings seemed dead at once. */
  void: boolean;
}

export interface Reconciler {
  /** Compare every unsettled recording with LiveKit once. @throws LiveKitUnavailableError, StoreUnavailableError */
  pass(): Promise<PassSummary>;
  /** Look again at suspects and strays only. */
  recheck(): Promise<void>;
  /** A first pass at once, then one every interval, until stopped. */
  start(): void;
  stop(): Promise<void>;
}

/** From this many on, one list of everything is cheaper than a question each. */
const ASK_EACH_BELOW = 50;
const SUSPECTS_A_PASS = 50;
const RETRY_MS = 1_000;

/** Repairs what webhooks missed: webhooks are hints, this pass reaches every state they can. */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { supervisor, store, livekit, strays, meetings, clock, log, mayPass = () => Promise.resolve(true) } = options;
  const blips = createBlipGuard();
  const suspicions = new Map<string, Suspicion>();
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let cancelPass = (): void => undefined;
  let cancelRecheck = (): void => undefined;

  async function pass(): Promise<PassSummary> {
    const [active, rooms] = await Promise.all([livekit.listEgress({ active: true }), livekit.listRooms()]);
    const recordings: RecordingDocument[] = [];
    for await (const recording of store.unsettled()) recordings.push(recording);
    const known = new Set(recordings.map((recording) => recording.uid));
    for (const uid of suspicions.keys()) if (!known.has(uid)) suspicions.delete(uid);

    const summary: PassSummary = { live: recordings.length, suspects: 0, foreign: 0, void: false };
    await doAll(
      [
        async () => Object.assign(summary, await compare(recordings, active, rooms)),
        async () => (summary.foreign = await strays.see(active, recordings, rooms)),
        () => meetings.see(rooms),
      ],
      log,
    );
    return summary;
  }

  async function compare(recordings: RecordingDocument[], active: EgressObservation[], rooms: LiveKitRoom[]) {
    const sights = await look(recordings, active, rooms);
    const suspected = sights.filter(({ recording, sight }) => suspects(recording, sight) !== undefined);
    const isVoid = blips.isBlip(suspected.length, recordings.length);
    if (isVoid) log.warn({ suspects: suspected.length, live: recordings.length }, 'pass is void');
    const left = new Set(isVoid ? suspected : suspected.slice(SUSPECTS_A_PASS));
    await Promise.all(sights.filter((entry) => !left.has(entry)).map(act));
    return { suspects: suspected.length, void: isVoid };
  }

  function recheck(): Promise<void> {
    return doAll([recheckSuspects, () => strays.recheck(), () => meetings.recheck()], log);
  }

  async function recheckSuspects(): Promise<void> {
    const recordings: RecordingDocument[] = [];
    for (const uid of suspicions.keys()) {
      const recording = await store.load(uid);
      if (recording === undefined) suspicions.delete(uid);
      else recordings.push(recording);
    }
    if (recordings.length === 0) return;
    const rooms = await livekit.listRooms([...new Set(recordings.map((recording) => recording.roomId))]);
    await Promise.all((await look(recordings, [], rooms)).map(act));
  }

  /** What LiveKit shows of each recording; participants are asked for only where the cheap answers raise a doubt. */
  async function look(recordings: RecordingDocument[], active: EgressObservation[], rooms: LiveKitRoom[]) {
    const listed = new Map(active.map((egress) => [egress.egressId, egress]));
    const byPath = new Map(active.map((egress) => [strays.uidOf(egress), egress]));
    const roomByName = new Map(rooms.map((room) => [room.name, room]));
    const egressCount = new Map<string, number>();
    for (const { roomName } of active) egressCount.set(roomName, (egressCount.get(roomName) ?? 0) + 1);
    const missing = recordings.filter(({ egressId }) => egressId !== undefined && !listed.has(egressId));
    const found = await lookUp(missing);
    return Promise.all(
      recordings.map(async (recording) => {
        const egress =
          recording.egressId === undefined
            ? (byPath.get(recording.uid) ?? 'unknown')
            : (listed.get(recording.egressId) ?? found.get(recording.egressId) ?? 'absent');
        const named = roomByName.get(recording.roomId);
        // A room of the same name that was opened since is another one: our egress was never in it.
        const room = recording.roomSid === undefined || named?.sid === recording.roomSid ? named : undefined;
        // The room counts recorders without naming them: that is ours only where ours is listed and no other records.
        const isListed = recording.egressId !== undefined && listed.has(recording.egressId);
        const isCounted = isListed && room?.activeRecording === true && egressCount.get(recording.roomId) === 1;
        const sight: Sight = {
          egress,
          room: room === undefined ? 'absent' : 'listed',
          recorder: isCounted ? 'present' : 'absent',
        };
        const isDoubtful = !isCounted && suspects(recording, sight) !== undefined;
        return { recording, sight: isDoubtful ? { ...sight, recorder: await recorderOf(recording) } : sight };
      }),
    );
  }

  async function lookUp(missing: RecordingDocument[]): Promise<Map<string, Sight['egress']>> {
    if (missing.length >= ASK_EACH_BELOW) {
      const all = await livekit.listEgress();
      return new Map(all.map((egress) => [egress.egressId, egress]));
    }
    const answers = missing.map(async (recording) => [recording.egressId ?? '', await egressOf(recording)] as const);
    return new Map(await Promise.all(answers));
  }

  /** One egress that cannot be read costs its own recording this look, not all the others. */
  async function egressOf({ uid, egressId = '' }: RecordingDocument): Promise<Sight['egress']> {
    try {
      return (await livekit.findEgress(egressId)) ?? 'absent';
    } catch (error) {
      log.warn({ recording: uid, err: toError(error) }, 'egress unknown');
      return 'unknown';
    }
  }

  async function recorderOf(recording: RecordingDocument): Promise<Sight['recorder']> {
    try {
      const participants = await livekit.listParticipants(recording.roomId);
      return participants.some(({ identity }) => identity === recording.egressId) ? 'present' : 'absent';
    } catch (error) {
      log.warn({ recording: recording.uid, err: toError(error) }, 'participants unknown');
      return 'unknown';
    }
  }

  async function act({ recording, sight }: { recording: RecordingDocument; sight: Sight }): Promise<void> {
    const { uid } = recording;
    // What proves a death is time that has passed, which the wall clock cannot tell: it may step.
    const verdict = reconcile(recording, sight, suspicions.get(uid), clock.monotonic(), options.goneMs);
    if (verdict.kind === 'suspect') suspicions.set(uid, verdict.suspicion);
    // A look that could not see the egress neither proves a death nor clears of it.
    if (verdict.kind === 'nothing' && sight.egress !== 'unknown') suspicions.delete(uid);
    if (verdict.kind !== 'event') return;
    // A snapshot holds whenever it arrives; what absence means holds only of the record that was looked at.
    const isSnapshot = verdict.event.type === 'egress.observed';
    const holds = ({ tally }: RecordingDocument) => isSnapshot || tally.version === recording.tally.version;
    try {
      const sent = await supervisor.send(uid, { ...verdict.event, at: clock.now() }, holds);
      // Void when the record was saved meanwhile: if that only tried an effect again, the next look acts on the same doubt.
      if (isSnapshot || sent?.changed !== false) suspicions.delete(uid);
    } catch (error) {
      log.warn({ recording: uid, err: toError(error) }, 'left to the next pass');
    }
  }

  /** Only one look runs at a time; what fails is repeated soon. */
  function run(work: () => Promise<unknown>, what: string, again: (failed: boolean) => void): void {
    running = running.then(async () => {
      if (stopped) return;
      let failed = false;
      try {
        await work();
      } catch (error) {
        failed = true;
        log.warn({ err: toError(error) }, `${what} failed`);
      }
      if (!stopped) again(failed);
    });
  }

  /** @param isOurs no turn is waited for: what goes on from here is known to us alone */
  function loopPass(isOurs: boolean): void {
    let nextMs = options.intervalMs;
    let isVoid = false;
    async function passInTurn(): Promise<void> {
      // Back before the others' next, so that one of them may die and none is missed.
      if (!isOurs && !(await mayPass())) nextMs = options.intervalMs / 2;
      else isVoid = (await pass()).void;
    }
    run(passInTurn, 'reconcile pass', (failed) => {
      cancelPass = clock.after(failed ? RETRY_MS : nextMs, () => loopPass(failed || isVoid));
    });
  }

  function loopRecheck(): void {
    run(recheck, 'recheck', () => {
      cancelRecheck = clock.after(options.recheckMs, loopRecheck);
    });
  }

  return {
    pass,
    recheck,
    start() {
      // The first one is what an earlier process left to us.
      loopPass(true);
      cancelRecheck = clock.after(options.recheckMs, loopRecheck);
    },
    async stop() {
      stopped = true;
      cancelPass();
      cancelRecheck();
      await running;
    },
  };
}
