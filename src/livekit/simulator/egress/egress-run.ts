import { EgressStatus, type FileInfo } from '@livekit/protocol';
import type { EgressContext } from './egress-context.js';
import type { Egress, EndedBy } from './egress.js';
import {
  NOT_STARTED,
  showFailure,
  showOutcome,
  showUpload,
  timedFile,
  type EndReason,
  type Failure,
  type Outcome,
} from './outcome.js';
import { HAPPY } from '../scripts/happy.js';
import type { Script, Step } from '../scripts/script.js';

/** `loading` until the browser is up; `gone` once the process that recorded has left. */
type Handler = 'loading' | 'ready' | 'gone';

/** Facets of a script that belong to one egress. */
type EgressFacet =
  'start' | 'live' | 'ending' | 'stop' | 'webhooks' | 'unpublished' | 'listedLateMs' | 'purgedAfterMs' | 'startedLate';

/** The worker's side of one egress: steps of a script call its verbs, each verb is one thing a recorder does. */
export class EgressRun {
  readonly egress: Egress;
  /** Resolves once the worker has registered the egress. */
  readonly accepted: Promise<void>;
  handler: Handler = 'loading';
  /** The incarnation of the room that the browser is in, or on its way to. */
  roomSid: string;
  stops = 0;
  private readonly context: EgressContext;
  private script: Script;
  private timeline = 0;
  private markAccepted: () => void = () => undefined;
  private completion: Promise<void> | undefined;
  private readyWaiters: (() => void)[] = [];

  constructor(egress: Egress, script: Script, context: EgressContext) {
    this.egress = egress;
    this.roomSid = egress.info.roomId;
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
    this.context.rooms.joinRecorder(this.egress.info.roomName, this.roomSid, this.egress.id);
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
      info.startedAt ||= this.egress.stamp(now);
      for (const file of info.fileResults) file.startedAt = this.egress.stamp(now);
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
    return timedFile(this.egress);
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
    const file = this.timedFile();
    this.over(outcome.status ?? EgressStatus.EGRESS_COMPLETE, (info) => {
      showOutcome(info, outcome);
      showUpload(info, file, upload);
    });
  }

  /** End at once, with the file of what was captured. */
  async finishNow(): Promise<void> {
    void this.play([]);
    this.stopCapture('stop');
    await this.complete({ reason: 'StopEgress API' });
  }

  fail(failure: Failure): void {
    this.stopCapture('fault');
    this.leaveRoom();
    const file = this.timedFile();
    this.over(EgressStatus.EGRESS_FAILED, (info) => showFailure(info, file, failure));
  }

  /** Ended before it was ACTIVE: never a file. */
  abort(reason: EndReason, by: EndedBy): void {
    void this.play([]);
    this.egress.truth.endedBy ??= by;
    this.leaveRoom();
    this.over(EgressStatus.EGRESS_ABORTED, (info) => showOutcome(info, { ...NOT_STARTED, reason }));
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

  /** Somebody deletes the room before the browser is in it; by joining, the browser makes it anew. */
  joinDeletedRoom(): void {
    const { rooms } = this.context;
    const { roomName: name } = this.egress.info;
    this.roomSid = '';
    rooms.close(name);
    this.roomSid = rooms.create({ name }).info.sid;
    this.joinRoom();
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
    const endedAt = this.egress.stamp(this.context.clock.now());
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
