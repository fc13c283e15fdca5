import { EgressInfo, EgressStatus, FileInfo, StreamInfo } from '@livekit/protocol';
import { toNanos } from '../clock.js';
import type { EgressJob } from './egress-job.js';
import { resolveFilename } from '../media/filepath.js';
import { toWireJson } from '../wire/wire-json.js';

export type EndedBy = 'stop' | 'room' | 'fault';

/** The true course of an egress, independent of LiveKit's API and webhooks. Instants are epoch milliseconds. */
export interface EgressTruth {
  egressId: string;
  roomName: string;
  /** The name of the file that the recorder writes. */
  filepath: string;
  /** Begin of the captured media; absent before ACTIVE. */
  liveFrom?: number;
  /** End of the captured media; absent while the egress captures. */
  liveTo?: number;
  states: { status: string; at: number }[];
  endedBy?: EndedBy;
}

/** How a change of an egress reaches the store. */
export interface Publication {
  /** The worker cannot publish this change: the store keeps its last snapshot. */
  unpublished?: boolean;
  /** Until this instant ListEgress shows the previous snapshot. */
  listedFrom?: number;
}

/** One egress: the worker's own view, and the snapshot in LiveKit's store. */
export interface Egress {
  readonly id: string;
  readonly job: EgressJob;
  /** The worker's view. Change it only through `change`. */
  readonly info: EgressInfo;
  readonly truth: EgressTruth;
  /** The status in LiveKit's store. */
  readonly storedStatus: EgressStatus;
  /** Converts an instant to nanoseconds of the worker's clock. */
  stamp(epochMs: number): bigint;
  change(nowMs: number, mutate: (info: EgressInfo) => void, publication?: Publication): void;
  /** The stored snapshot, as ListEgress sends it. */
  listed(nowMs: number): string;
  /** The instant at which LiveKit's store received the final status. */
  readonly overSince: number | undefined;
}

/** @param clockSkewMs milliseconds by which the worker's clock is ahead of the server's */
export function createEgress(
  id: string,
  job: EgressJob,
  room: { sid: string; name: string },
  nowMs: number,
  clockSkewMs = 0,
): Egress {
  const info = initialInfo(id, job, room, nowMs + clockSkewMs);
  const stamp = (epochMs: number): bigint => toNanos(epochMs + clockSkewMs);
  const truth: EgressTruth = { egressId: id, roomName: info.roomName, filepath: info.fileResults[0]?.filename ?? '', states: [] };
  let storedStatus = info.status;
  let overSince: number | undefined;
  let json: string | undefined;
  let before: { json: string; until: number } | undefined;

  const render = (): string => (json ??= toWireJson(info));

  const change: Egress['change'] = (nowMs, mutate, { unpublished, listedFrom } = {}) => {
    // The store's snapshot is rendered lazily, so it must be rendered before the worker's view changes.
    const stored = unpublished || listedFrom !== undefined ? render() : undefined;
    mutate(info);
    const now = stamp(nowMs);
    info.updatedAt = now > info.updatedAt ? now : info.updatedAt + 1n;
    const status = EgressStatus[info.status];
    if (truth.states.at(-1)?.status !== status) truth.states.push({ status, at: nowMs });
    if (unpublished) return;
    before =
      stored !== undefined && listedFrom !== undefined && truth.states.length > 1
        ? { json: stored, until: listedFrom }
        : undefined;
    json = undefined;
    storedStatus = info.status;
    overSince = isOver(info.status) ? (overSince ?? nowMs) : undefined;
  };

  return {
    id,
    job,
    info,
    truth,
    stamp,
    change,
    listed: (nowMs) => (before !== undefined && nowMs < before.until ? before.json : render()),
    get storedStatus() {
      return storedStatus;
    },
    get overSince() {
      return overSince;
    },
  };
}

/** Whether an egress in this status is finished. */
export function isOver(status: EgressStatus): boolean {
  return status >= EgressStatus.EGRESS_COMPLETE;
}

function initialInfo(id: string, job: EgressJob, room: { sid: string; name: string }, nowMs: number): EgressInfo {
  const info = new EgressInfo({
    egressId: id,
    roomId: room.sid,
    roomName: room.name,
    sourceType: job.sourceType,
    startedAt: toNanos(nowMs),
    request: job.request,
    streamResults: job.streamUrls.map((url) => new StreamInfo({ url })),
  });
  if (job.file) {
    const filename = resolveFilename({ ...job.file, roomName: room.name, roomId: room.sid, nowMs });
    setFile(info, new FileInfo({ filename }));
  }
  return info;
}

/** Set the file result, and the deprecated field `result`, which LiveKit fills only if the file is the sole kind of output. */
export function setFile(info: EgressInfo, file: FileInfo): void {
  info.fileResults = [file];
  if (info.streamResults.length === 0) info.result = { case: 'file', value: file };
}
