import type { Clock } from '../../clock.js';
import { doAll } from '../../concurrency.js';
import { toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import type { LiveKitGateway } from '../ports/livekit-gateway.js';
import type { RecordingStore } from '../recording/recording-store.js';
import type { RecordingDocument } from '../recording/recording.js';
import type { MeetingKeeper } from './meetings.js';
import type { RecordingKeeper } from './recordings.js';
import type { StrayKeeper } from './strays.js';

export interface ReconcilerOptions {
  store: Pick<RecordingStore, 'unsettled'>;
  livekit: Pick<LiveKitGateway, 'listEgress' | 'listRooms'>;
  recordings: RecordingKeeper;
  strays: StrayKeeper;
  meetings: MeetingKeeper;
  clock: Clock;
  log: Log;
  /** Time between two passes, milliseconds. */
  intervalMs: number;
  /** Time until suspects are looked at again, milliseconds. */
  recheckMs: number;
  /** Asked before a pass: false when another instance has just made one. Must not throw. Default: always ours. */
  mayPass?: () => Promise<boolean>;
}

export interface PassSummary {
  /** Unsettled recordings. */
  live: number;
  /** Recordings that look dead. */
  suspects: number;
  /** Running egresses that are not ours. */
  foreign: number;
  /** Too many recordings seemed dead at once: that look was thrown away. */
  void: boolean;
}

export type Reconciler = ReturnType<typeof createReconciler>;

const RETRY_MS = 1_000;

/** Repairs what webhooks missed: webhooks are hints, this pass reaches every state they can. */
export function createReconciler(options: ReconcilerOptions) {
  const { store, livekit, recordings, strays, meetings, clock, log, mayPass = () => Promise.resolve(true) } = options;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let cancelPass = (): void => undefined;
  let cancelRecheck = (): void => undefined;

  /** Compare everything with LiveKit once. @throws LiveKitUnavailableError, StoreUnavailableError */
  async function pass(): Promise<PassSummary> {
    const [active, rooms] = await Promise.all([livekit.listEgress({ active: true }), livekit.listRooms()]);
    const unsettled: RecordingDocument[] = [];
    for await (const recording of store.unsettled()) unsettled.push(recording);
    const summary: PassSummary = { live: unsettled.length, suspects: 0, foreign: 0, void: false };
    await doAll(
      [
        async () => Object.assign(summary, await recordings.see(unsettled, { active, rooms })),
        async () => (summary.foreign = await strays.see(unsettled, { active, rooms })),
        () => meetings.see(rooms),
      ],
      log,
    );
    return summary;
  }

  /** Look again at what was seen once only. */
  function recheck(): Promise<void> {
    return doAll([() => recordings.recheck(), () => strays.recheck(), () => meetings.recheck()], log);
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

  /** @param isOurs whether to pass without waiting for a turn: the instance continues what it alone has seen */
  function loopPass(isOurs: boolean): void {
    let nextMs = options.intervalMs;
    let isVoid = false;
    async function passInTurn(): Promise<void> {
      // Back before the others' next, so that one of them may die and no pass is missed.
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
    /** A first pass at once, then one every interval, until stopped. */
    start(): void {
      // The first pass takes over what an earlier process left, so that it waits for no turn.
      loopPass(true);
      cancelRecheck = clock.after(options.recheckMs, loopRecheck);
    },
    async stop(): Promise<void> {
      stopped = true;
      cancelPass();
      cancelRecheck();
      await running;
    },
  };
}
