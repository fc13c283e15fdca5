import { EgressStatus, FileInfo } from '@livekit/protocol';
import type { EgressContext } from './egress-context.js';
import { toNanos } from '../clock.js';
import { setFile, type Egress, type EndedBy } from './egress.js';
import { HAPPY } from '../scripts/happy.js';
import type { Script, Step } from '../scripts/script.js';
import type { UploadVariant } from './upload.js';

/** `loading` until the browser is up; `gone` once the process that recorded has left. */
type Handler = 'loading' | 'ready' | 'gone';

/** Why an egress ends, in LiveKit's words for `details`. */
export type EndReason =
  'StopEgress API' | 'Source closed' | 'Session limit reached' | 'CPU exhausted' | 'Process killed' | 'Failure';

/** Facets of a script that belong to one egress. */
type EgressFacet =
  'start' | 'live' | 'ending' | 'stop' | 'webhooks' | 'unpublished' | 'listedLateMs' | 'purgedAfterMs' | 'startedLate';

export interface Failure {
  error: string;
  errorCode: number;
  /** Default: keeps the reason the ending began with, else `Failure`. Empty after a crash. */
  details?: string;
}

/** How a finished file turns out; default: COMPLETE, with the file at its place. */
export interface Outcome {
  status?: EgressStatus;
  error?: string;
  errorCode?: number;
  reason?: EndReason;
  upload?: UploadVariant;
}

const NOT_STARTED = { error: 'Start signal not received', errorCode: 412 };

/** The worker's side of one egress: steps of a script call its verbs, each verb is one thing a recorder does. */
export class EgressRun {
  readonly egress: Egress;
  /** Resolves once the worker has registered the egress. */
  readonly accepted: Promise<void>;
  handler: Handler = 'loading';
  stops = 0;
  private readonly context: EgressContext;
  private script: Script;
  private timeline = 0;
  private markAccepted: () => void = () => undefined;
  private completion: Promise<void> | undefined;
  private readyWaiters: (() => void)[] = [];

  constructor(egress: Egress, script: Script, context: EgressContext) {
    this.egress = egress;
    this.script = script;
    this.context = context;
    this.accepted = new Promise((resolve) => (this.markAccepted = resolve));
  }

  get status(): EgressStatus {
    return this.egress.info.status;
  }

  /** What this egress's script says about a facet; one without a script takes up the room's current one. */
  facet<F extends EgressFacet>(name: F): Script[F] | undefined {
    if (this.script === HAPPY) this.script = this.context.scripts.take(this.egress.info.roomName, [name]) ?? HAPPY;
    return this.script[name];
  }

  /** A script set for the room while this egress records happens to it. */
  takeUpScript(): void {
    if (this.status !== EgressStatus.EGRESS_ACTIVE || this.handler === 'gone' || this.script !== HAPPY) return;
    const live = this.facet('live');
    if (live) void this.play(live);
  }

  /** Follow these steps from now on, whatever was going on before. Resolves when they are through or cut short. */
  play(steps: readonly Step[]): Promise<void> {
    this.timeline += 1;
    return this.follow(steps, this.timeline);
  }

  private async follow(steps: readonly Step[], timeline: number): Promise<void> {
    for (const { afterMs, run } of steps) {
      if (afterMs > 0) await this.context.clock.delay(afterMs);
      if (timeline !== this.timeline) return;
      await run(this);
      if (timeline !== this.timeline) return;
    }
  }

  /** The worker registers the egress. */
  accept(): void {
    this.context.store.add(this);
    const startedAt = this.facet('startedLate') ? 0n : this.egress.info.startedAt;
    this.change('egress_started', EgressStatus.EGRESS_STARTING, (info) => (info.startedAt = startedAt));
    this.markAccepted();
  }

  /** Chrome is up and joins the room. */
  joinRoom(): void {
    this.handler = 'ready';
    this.wakeReadyWaiters();
    this.context.rooms.joinRecorder(this.egress.info.roomName, this.egress.info.roomId, this.egress.id);
  }

  leaveRoom(): void {
    this.context.rooms.leave(this.egress.info.roomName, this.egress.id);
  }

  /** Resolves when the browser is up, or when it never will be. */
  ready(): Promise<void> {
    return this.handler === 'loading' ? new Promise((resolve) => this.readyWaiters.push(resolve)) : Promise.resolve();
  }

  /** Resolves when somebody in the room publishes. */
  mediaArrives(): Promise<void> {
    return this.egress.info.roomName === '' ? Promise.resolve() : this.context.rooms.published(this.egress.info.roomName);
  }

  activate(): void {
    const now = this.context.clock.now();
    this.egress.truth.liveFrom ??= now;
    this.change('egress_updated', EgressStatus.EGRESS_ACTIVE, (info) => {
      info.startedAt ||= toNanos(now);
      for (const file of info.fileResults) file.startedAt = toNanos(now);
    });
    const live = this.facet('live');
    if (live) void this.play(live);
  }

  /** Stop capturing and finish the file; the ENDING snapshot of a browser egress has no file times yet. */
  end(reason: EndReason, by: EndedBy): void {
    this.stopCapture(by);
    this.change('egress_updated', EgressStatus.EGRESS_ENDING, (info) => {
      info.details = `End reason: ${reason}`;
    });
    void this.play(this.facet('ending') ?? HAPPY.ending);
  }

  /** No media is captured any more; what is still to come takes no time off the recording. */
  stopCapture(by: EndedBy): void {
    const { truth } = this.egress;
    truth.endedBy ??= by;
    if (truth.liveFrom !== undefined) truth.liveTo ??= Math.max(this.context.clock.now(), truth.liveFrom + 1);
  }

  /** A copy of the file result with its times, as the answer to StopEgress has it. */
  timedFile(): FileInfo | undefined {
    const { info, truth } = this.egress;
    const file = info.fileResults[0]?.clone();
    if (!file || truth.liveFrom === undefined || truth.liveTo === undefined) return file;
    file.endedAt = toNanos(truth.liveTo);
    file.duration = toNanos(truth.liveTo - truth.liveFrom);
    return file;
  }

  /** Write the file, then report the outcome; an upload that fails is the outcome. */
  complete(outcome: Outcome = {}): Promise<void> {
    return (this.completion ??= this.upload(outcome));
  }

  private async upload(outcome: Outcome): Promise<void> {
    this.leaveRoom();
    const upload = await this.context.upload(this, outcome.upload);
    if ('error' in upload) {
      this.fail(upload);
      return;
    }
    this.over(outcome.status ?? EgressStatus.EGRESS_COMPLETE, (info) => {
      const file = this.timedFile() ?? new FileInfo();
      file.size = BigInt(upload.sizeBytes);
      file.location = upload.location;
      if (info.fileResults.length > 0) setFile(info, file);
      info.manifestLocation = upload.manifestLocation;
      info.backupStorageUsed = outcome.upload === 'backup';
      if (outcome.reason !== undefined) info.details = `End reason: ${outcome.reason}`;
      info.error = outcome.error ?? '';
      info.errorCode = outcome.errorCode ?? 0;
    });
  }

  /** End at once, with the file of what was captured. */
  async finishNow(): Promise<void> {
    void this.play([]);
    this.stopCapture('stop');
    await this.complete({ reason: 'StopEgress API' });
  }

  fail({ error, errorCode, details }: Failure): void {
    this.stopCapture('fault');
    this.leaveRoom();
    this.over(EgressStatus.EGRESS_FAILED, (info) => {
      info.error = error;
      info.errorCode = errorCode;
      info.details = details ?? (info.details || 'End reason: Failure');
      const file = details === '' ? undefined : this.timedFile();
      if (file) setFile(info, file);
    });
  }

  /** Ended before it was ACTIVE: never a file. */
  abort(reason: EndReason, by: EndedBy): void {
    void this.play([]);
    this.egress.truth.endedBy ??= by;
    this.leaveRoom();
    this.over(EgressStatus.EGRESS_ABORTED, (info) => {
      Object.assign(info, NOT_STARTED);
      info.details = `End reason: ${reason}`;
    });
  }

  /** The process is gone without a word: nothing is published, ever. */
  vanish(): void {
    if (this.status !== EgressStatus.EGRESS_ENDING) this.stopCapture('fault');
    this.handler = 'gone';
  }

  /** Somebody deletes the room through the API. */
  deleteRoom(): void {
    this.context.rooms.close(this.egress.info.roomName);
  }

  /** The room is gone, or the browser lost it. */
  sourceClosed(by: EndedBy): void {
    if (this.handler === 'gone') return;
    if (this.status === EgressStatus.EGRESS_STARTING)
      void this.play([{ afterMs: 300, run: (run) => run.abort('Source closed', by) }]);
    if (this.status === EgressStatus.EGRESS_ACTIVE)
      void this.play([{ afterMs: 300, run: (run) => run.end('Source closed', by) }]);
  }

  private over(status: EgressStatus, fill: (info: Egress['info']) => void): void {
    this.handler = 'gone';
    this.wakeReadyWaiters();
    const endedAt = toNanos(this.context.clock.now());
    this.change('egress_ended', status, (info) => {
      info.endedAt = endedAt;
      fill(info);
    });
  }

  private change(event: string, status: EgressStatus, fill: (info: Egress['info']) => void = () => undefined): void {
    const { clock, store, webhooks } = this.context;
    const now = clock.now();
    const lateMs = this.facet('listedLateMs');
    const unpublished = this.facet('unpublished')?.includes(EgressStatus[status]) ?? false;
    const mutate = (info: Egress['info']): void => {
      info.status = status;
      fill(info);
    };
    this.egress.change(now, mutate, { unpublished, ...(lateMs !== undefined && { listedFrom: now + lateMs / clock.speed }) });
    store.touch(this);
    if (!unpublished) webhooks.egress(event, this);
  }

  private wakeReadyWaiters(): void {
    for (const wake of this.readyWaiters.splice(0)) wake();
  }
}
