import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { ensureApiKey } from './accounts/ensure-api-key.js';
import { type Clock, systemClock } from './clock.js';
import type { Config } from './config.js';
import { createHttp } from './http/http.js';
import { listen } from './http/listener.js';
import { createReadiness } from './http/readiness.js';
import { createJobs } from './jobs/create-jobs.js';
import type { Scheduler } from './jobs/scheduler.js';
import { createTurn } from './jobs/turn.js';
import { createLiveKitGateway } from './livekit/gateway.js';
import { bucketOf, createSimulator, type Simulator } from './livekit/simulator/index.js';
import { createWebhookVerifier } from './livekit/webhook-verifier.js';
import type { Logger } from './logging.js';
import { createSupervisor, type Supervisor } from './machines/kernel/supervisor.js';
import type { RecordingCommands } from './machines/recording/commands.js';
import { createRecordingCommands } from './machines/recording/create-commands.js';
import { defineRecording } from './machines/recording/definition.js';
import { createDeleteAll } from './machines/recording/delete-all.js';
import { createRecordingEffects } from './machines/recording/effects.js';
import type { RecordingEvent } from './machines/recording/events.js';
import { createLiveKitIntake } from './machines/recording/livekit-intake.js';
import { releaseOrphanedLocks } from './machines/recording/orphaned-locks.js';
import { createReconciler, type Reconciler } from './machines/recording/reconciler.js';
import type { RecordingContext } from './machines/recording/recording.js';
import { createStrayKeeper } from './machines/recording/strays.js';
import type { RoomCommands } from './machines/room/commands.js';
import { createRoomCommands } from './machines/room/create-commands.js';
import { createRoomEffects, defineRoom } from './machines/room/definition.js';
import { createMeetingKeeper } from './machines/room/meetings.js';
import { type RoomContext, roomStatusOf } from './machines/room/room.js';
import type { RoomEvent } from './machines/room/room.machine.js';
import { createOutageLog, tellingOutages } from './outages.js';
import { openPersistence, type Persistence } from './persistence/index.js';

export interface AppOptions {
  log: Logger;
  /** This machine's. Default: the system's. */
  clock?: Clock;
}

export interface App {
  /** Where the HTTP server listens. */
  url: string;
  /** The key that clients use; the first one stored. */
  apiKey: string;
  /** Present when no real LiveKit is configured. */
  simulator?: Simulator & { apiKey: string; apiSecret: string };
  recordings: Supervisor<RecordingContext, RecordingEvent>;
  rooms: Supervisor<RoomContext, RoomEvent>;
  commands: { recordings: RecordingCommands; rooms: RoomCommands };
  reconciler: Reconciler;
  jobs: Scheduler;
  persistence: Persistence;
  /** Resolves when no event is being taken in and no effect runs. */
  idle(): Promise<void>;
  /** Stop intake, drain, close what is ours: within 10 s. Safe to call twice. */
  close(): Promise<void>;
}

/** No receiver of notices can be configured in this version. */
const NO_NOTICES = { notices: false };
/** An embedded lock lies on the disk that a start waits for. It is taken for 15 s, and most starts are over before this time. */
const EMBEDDED_LOCK_RESTS_MS = 5_000;
/** How long LiveKit is asked once more when the start deadline has passed, milliseconds. */
const CONFIRM_MS = 3_000;
/** How long a deleted recording is remembered, so that its egress is still known as ours. */
const TOMBSTONE_MS = 48 * 3_600_000;
/** How long after an instance's comparison with LiveKit the others make none, milliseconds. */
const PASS_TURN_MS = 5_000;
/** Time for open requests, then for running effects, when the process is told to stop. */
const REQUEST_GRACE_MS = 4_000;
const EFFECT_GRACE_MS = 2_000;

/**
 * Build everything with plain calls, take over what an earlier process left, and serve.
 *
 * @throws DataFolderInUseError, InvalidInputError (the port is taken): nothing is left running
 */
export async function createApp(config: Config, { log, clock: ownClock = systemClock }: AppOptions): Promise<App> {
  const { timers } = config;
  const instance = `${config.instanceId}:${randomBytes(3).toString('hex')}`;
  const persistence = await openPersistence(config, ownClock, log);
  const { roomLocks: locks, mediaKeyOf, clock } = persistence;
  const storeOutages = createOutageLog(log, 'The store');
  const store = tellingOutages(persistence.recordings, storeOutages);
  const roomStore = tellingOutages(persistence.rooms, storeOutages);
  const media = tellingOutages(persistence.media, createOutageLog(log, 'The media store'));
  const closers: (() => Promise<void>)[] = [() => persistence.close()];
  try {
    const listener = await listen(config.http.host, config.http.port);
    closers.push(() => listener.close(0));
    const simulator = await startSimulator(config, `${listener.url}/livekit/webhook`);
    if (simulator !== undefined) closers.push(() => simulator.close());
    const livekitServer = simulator === undefined ? realServer(config) : { host: simulator.url, ...keysOf(simulator) };
    const livekit = tellingOutages(createLiveKitGateway(livekitServer), createOutageLog(log, 'LiveKit'));

    const kernel = {
      bus: persistence.bus,
      clock,
      clockOffsetMs: () => clock.offsetMs(),
      instance,
      dueIntervalMs: timers.dueIntervalMs,
      exclusive: persistence.exclusive,
    };
    const recordings = createSupervisor({
      ...kernel,
      definition: defineRecording(
        { ...timers, confirmMs: CONFIRM_MS, tombstoneMs: TOMBSTONE_MS },
        { ...NO_NOTICES, extendLockAfterMs: config.locks.kind === 'embedded' ? EMBEDDED_LOCK_RESTS_MS : 0 },
      ),
      store,
      handlers: createRecordingEffects({
        livekit,
        locks,
        media,
        notifications: { append: () => Promise.resolve() },
        clock,
        instance,
        lockTtlMs: timers.lockTtlMs,
        confirmMs: CONFIRM_MS,
      }),
      log: log.child({ part: 'recordings' }),
    });
    const rooms = createSupervisor({
      ...kernel,
      definition: defineRoom(NO_NOTICES),
      store: roomStore,
      handlers: createRoomEffects({
        clock,
        endMeeting: (roomId) => livekit.deleteRoom(roomId),
        deleteRecordings: createDeleteAll({ supervisor: recordings, store, clock, log: log.child({ part: 'rooms' }) }),
        notify: () => Promise.resolve(),
      }),
      log: log.child({ part: 'rooms' }),
    });
    const strays = createStrayKeeper({
      supervisor: recordings,
      store,
      rooms: roomStore,
      livekit,
      media,
      mediaKeyOf,
      nameId: config.projectId,
      clock,
      log: log.child({ part: 'strays' }),
      recheckMs: timers.suspectRecheckMs,
    });
    const meetings = createMeetingKeeper({
      supervisor: rooms,
      store: roomStore,
      livekit,
      isRecorded: async (roomId) => (await store.findLive(roomId)) !== undefined,
      clock,
      log: log.child({ part: 'meetings' }),
      recheckMs: timers.suspectRecheckMs,
      goneMs: timers.recorderGoneMs,
    });
    const reconciler = createReconciler({
      supervisor: recordings,
      store,
      livekit,
      strays,
      meetings,
      clock,
      log: log.child({ part: 'reconcile' }),
      intervalMs: timers.reconcileIntervalMs,
      recheckMs: timers.suspectRecheckMs,
      goneMs: timers.recorderGoneMs,
      mayPass: createTurn('reconcilePass', {
        locks: persistence.jobLocks,
        ttlMs: Math.min(PASS_TURN_MS, timers.reconcileIntervalMs / 2),
        log: log.child({ part: 'reconcile' }),
      }),
    });

    const apiKey = await ensureApiKey(persistence.apiKeys, config.initialApiKey, clock.now());
    if (persistence.exclusive && config.locks.kind === 'embedded') await releaseOrphanedLocks(locks, store);
    await Promise.all([recordings.start(), rooms.start()]);
    reconciler.start();

    const verifier = createWebhookVerifier(livekitServer);
    const handle = createLiveKitIntake({
      recordings,
      rooms,
      store,
      media,
      mediaKeyOf,
      clock,
      log: log.child({ part: 'livekit' }),
    });
    const commands = {
      recordings: createRecordingCommands({
        supervisor: recordings,
        store,
        async findRoom(roomId) {
          const room = await roomStore.load(roomId);
          return room === undefined || roomStatusOf(room) === undefined ? undefined : room;
        },
        locks,
        livekit,
        mediaKeyOf,
        clock,
        instance,
        startTimeoutMs: timers.startTimeoutMs,
        confirmMs: CONFIRM_MS,
      }),
      rooms: createRoomCommands({ supervisor: rooms, store: roomStore, recordings: store, clock }),
    };
    const jobs = createJobs({
      ...persistence,
      runs: persistence.jobRuns,
      supervisor: recordings,
      roomCommands: commands.rooms,
      timers,
      livekit,
      clock,
      instance,
      log: log.child({ part: 'jobs' }),
    });
    closers.push(() => jobs.close());
    await jobs.start();
    const http = createHttp({
      recordings: commands.recordings,
      recordingStore: store,
      rooms: commands.rooms,
      roomStore,
      media,
      apiKeys: persistence.apiKeys,
      livekitEvents: { verify: (body, authorization) => verifier.verify(body, authorization), handle },
      readiness: createReadiness({ ...persistence.ping, livekit: () => livekit.listRooms(['readiness']) }, clock),
      log: log.child({ part: 'http' }),
      ...(config.http.baseUrl === undefined ? {} : { baseUrl: config.http.baseUrl }),
      corsOrigin: config.http.corsOrigin,
      trustProxyHops: config.http.trustedProxyHops,
      port: listener.port,
      clock,
      minAutoDeletionLeadMs: timers.minAutoDeletionLeadMs,
    });
    listener.serve(http.callback());

    return {
      url: listener.url,
      apiKey,
      ...(simulator === undefined ? {} : { simulator }),
      recordings,
      rooms,
      commands,
      reconciler,
      jobs,
      persistence,
      async idle() {
        await recordings.idle();
        await rooms.idle();
      },
      close: once(async () => {
        const rounds = Promise.all([reconciler.stop(), jobs.close()]);
        await Promise.all([listener.close(REQUEST_GRACE_MS), withinMs(REQUEST_GRACE_MS, rounds)]);
        await Promise.all([recordings.stop(EFFECT_GRACE_MS), rooms.stop(EFFECT_GRACE_MS)]);
        await simulator?.close();
        await persistence.close();
      }),
    };
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

async function startSimulator(config: Config, webhookUrl: string): Promise<App['simulator']> {
  if (config.livekit.kind !== 'embedded') return undefined;
  const { apiKey, port, apiSecret = randomBytes(24).toString('base64url') } = config.livekit;
  const simulator = await createSimulator({
    port,
    apiKey,
    apiSecret,
    ...(config.media.kind === 'embedded' ? { mediaDir: config.media.egressDir } : { bucket: bucketOf(config.media) }),
    webhookUrls: [webhookUrl],
  });
  return Object.assign(simulator, { apiKey, apiSecret });
}

function keysOf({ apiKey, apiSecret }: { apiKey: string; apiSecret: string }) {
  return { apiKey, apiSecret };
}

function realServer({ livekit }: Config): { host: string; apiKey: string; apiSecret: string } {
  if (livekit.kind !== 'real') throw new Error('a real LiveKit is not configured');
  return { host: livekit.privateUrl, ...keysOf(livekit) };
}

/** Wait for work, but no longer than this: a pass over a slow LiveKit changes nothing that the next process does not. */
async function withinMs(limitMs: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(limitMs, undefined, { signal: over.signal }).catch(() => undefined)]);
  over.abort();
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
