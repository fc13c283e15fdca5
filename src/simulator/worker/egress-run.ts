import { EgressStatus, type FileInfo } from '@livekit/protocol';
import type { SimulatorClock } from '../clock.js';
import type { Egress, EndedBy } from '../egress/egress.js';
import type { EgressStore } from '../egress/egress-store.js';
import {
  NOT_STARTED,
  showFailure,
  showOutcome,
  showUpload,
  timedFile,
  type EndReason,
  type Failure,
  type Outcome,
} from '../egress/outcome.js';
import type { Recorder } from '../egress/recorder.js';
import type { Rooms } from '../rooms/rooms.js';
import { HAPPY } from '../scripts/happy.js';
import { createPlay, type Play } from '../scripts/play.js';
import type { Script } from '../scripts/script.js';
import type { ScriptBook } from '../scripts/script-book.js';
import type { Upload } from './upload.js';
import type { Webhooks } from '../webhooks/webhooks.js';

/** The services that all egresses share. */
export interface EgressContext {
  clock: SimulatorClock;
  store: EgressStore<EgressRun>;
  rooms: Rooms;
  scripts: ScriptBook;
  webhooks: Webhooks;
  upload: Upload;
}

/** `loading` until the browser is up; `gone` once the recording process has ended. */
type Handler = 'loading' | 'ready' | 'gone';

/** Facets of a script that belong to one egress. */
type EgressFacet =
  'start' | 'live' | 'ending' | 'stop' | 'webhooks' | 'unpublished' | 'listedLateMs' | 'purgedAfterMs' | 'startedLate';

/** The worker's side of one egress. The steps of its script call its methods. */
export class EgressRun implements Recorder {
  readonly egress: Egress;
  /** Resolves once the worker has registered the egress. */
  readonly accepted: Promise<void>;
  handler: Handler = 'loading';
  /** The incarnation of the room that the browser is in or about to join. */
  roomSid: string;
  stops = 0;
  readonly play: Play;
  private readonly context: EgressContext;
  private script: Script;
  private markAccepted: () => void = () => undefined;
  private completion: Promise<void> | undefined;
  private readyWaiters: (() => void)[] = [];

  constructor(egress: Egress, script: Script, context: EgressContext) {
    this.egress = egress;
    this.roomSid = egress.info.roomId;
    this.script = script;
    this.context = context;
    this.play = createPlay(context.clock, this);
    this.accepted = new Promise((resolve) => (this.markAccepted = resolve));
  }

  get status(): EgressStatus {
    return this.egress.info.status;
  }

  /** The facet of this egress's script. An egress without a script takes the room's current one. */
  facet<F extends EgressFacet>(name: F): Script[F] | undefined {
    if (this.script === HAPPY) this.script = this.context.scripts.take(this.egress.info.roomName, [name]) ?? HAPPY;
    return this.script[name];
  }

  /** Apply a script that was set for the room while this egress records. */
  takeUpScript(): void {
    if (this.status !== EgressStatus.EGRESS_ACTIVE || this.handler === 'gone' || this.script !== HAPPY) return;
    const live = this.facet('live');
    if (live) void this.play(live);
  }

  accept(): void {
    this.context.store.add(this);
    const startedAt = this.facet('startedLate') ? 0n : this.egress.info.startedAt;
    this.change('egress_started', EgressStatus.EGRESS_STARTING, (info) => (info.startedAt = startedAt));
    this.markAccepted();
  }

  joinRoom(): void {
    this.handler = 'ready';
    this.wakeReadyWaiters();
    this.context.rooms.joinRecorder(this.egress.info.roomName, this.roomSid, this.egress.id);
  }

  leaveRoom(): void {
    this.context.rooms.leave(this.egress.info.roomName, this.egress.id);
  }

  /** Resolves when the browser is up or will never be. */
  ready(): Promise<void> {
    return this.handler === 'loading' ? new Promise((resolve) => this.readyWaiters.push(resolve)) : Promise.resolve();
  }

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

  end(reason: EndReason, by: EndedBy): void {
    this.stopCapture(by);
    this.change('egress_updated', EgressStatus.EGRESS_ENDING, (info) => {
      info.details = `End reason: ${reason}`;
    });
    void this.play(this.facet('ending') ?? HAPPY.ending);
  }

  stopCapture(by: EndedBy): void {
    const { truth } = this.egress;
    truth.endedBy ??= by;
    if (truth.liveFrom !== undefined) truth.liveTo ??= Math.max(this.context.clock.now(), truth.liveFrom + 1);
  }

  /** A copy of the file result with its times, for the answer to StopEgress. */
  timedFile(): FileInfo | undefined {
    return timedFile(this.egress);
  }

  complete(outcome: Outcome = {}): Promise<void> {
    return (this.completion ??= this.upload(outcome));
  }

  private async upload(outcome: Outcome): Promise<void> {
    this.leaveRoom();
    const upload = await this.context.upload(this.egress, outcome.upload);
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

  /** End at once, with a file of the captured media. */
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

  abort(reason: EndReason, by: EndedBy): void {
    void this.play([]);
    this.egress.truth.endedBy ??= by;
    this.leaveRoom();
    this.over(EgressStatus.EGRESS_ABORTED, (info) => showOutcome(info, { ...NOT_STARTED, reason }));
  }

  vanish(): void {
    if (this.status !== EgressStatus.EGRESS_ENDING) this.stopCapture('fault');
    this.handler = 'gone';
  }

  deleteRoom(): void {
    this.context.rooms.close(this.egress.info.roomName);
  }

  joinDeletedRoom(): void {
    const { rooms } = this.context;
    const { roomName: name } = this.egress.info;
    this.roomSid = '';
    rooms.close(name);
    this.roomSid = rooms.create({ name }).info.sid;
    this.joinRoom();
  }

  /** React to a room that closed or that the browser lost. */
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
    if (!unpublished) webhooks.egress(event, this.egress, this.facet('webhooks'));
  }

  private wakeReadyWaiters(): void {
    for (const wake of this.readyWaiters.splice(0)) wake();
  }
}
