import type { Clock } from '../../clock.js';
import { doAll } from '../../concurrency.js';
import { levelOfRetried, toError } from '../../errors.js';
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
  /** Time between two looks at everything that is suspect, milliseconds. */
  recheckMs: number;
  /** Called before a pass: false when another instance has just begun one. Must not throw. Default: always true. */
  mayPass?: () => Promise<boolean>;
}

export interface PassSummary {
  /** Unsettled recordings. */
  live: number;
  /** Recordings whose egress seems dead. */
  suspects: number;
  /** Running egresses that are not ours. */
  foreign: number;
  /** Whether the look was discarded because too many recordings seemed dead at once. */
  void: boolean;
}

export type Reconciler = ReturnType<typeof createReconciler>;

/** Pause after the first pass that failed, milliseconds; each further failure doubles it, up to the usual interval. */
const RETRY_MS = 1_000;

/** Repairs what lost webhooks leave: a pass alone reaches every state that a webhook can reach. */
export function createReconciler(options: ReconcilerOptions) {
  const { store, livekit, recordings, strays, meetings, clock, log, mayPass = () => Promise.resolve(true) } = options;
  let stopped = false;
  let retryMs = RETRY_MS;
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

  /** Look again at everything that was seen only once. */
  function recheck(): Promise<void> {
    return doAll([() => recordings.recheck(), () => strays.recheck(), () => meetings.recheck()], log);
  }

  /** Runs a pass or a recheck, one at a time, and then calls `again`, which schedules the next one. */
  function run(work: () => Promise<unknown>, what: string, again: (failed: boolean) => void): void {
    running = running.then(async () => {
      if (stopped) return;
      let failed = false;
      try {
        await work();
      } catch (error) {
        failed = true;
        log[levelOfRetried(error)]({ err: toError(error) }, `${what} failed`);
      }
      if (!stopped) again(failed);
    });
  }

  /** @param isOurs whether to skip `mayPass`: at the start, and after a failed or discarded pass */
  function loopPass(isOurs: boolean): void {
    let nextMs = options.intervalMs;
    let isVoid = false;
    async function passInTurn(): Promise<void> {
      // Try again after half the interval, so that no pass is missed if the other instance dies.
      if (!isOurs && !(await mayPass())) nextMs = options.intervalMs / 2;
      else isVoid = (await pass()).void;
    }
    run(passInTurn, 'reconcile pass', (failed) => {
      cancelPass = clock.after(failed ? retryMs : nextMs, () => loopPass(failed || isVoid));
      retryMs = failed ? Math.min(2 * retryMs, options.intervalMs) : RETRY_MS;
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
    /** Make a pass at once, then one every interval, until stopped. */
    start(): void {
      // The first pass repairs what an earlier process left, so it does not wait for a turn.
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
