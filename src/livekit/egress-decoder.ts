import type { EgressInfo, FileInfo } from '@livekit/protocol';

import { isDate, NS_PER_MS, toCount, toId, toText } from './ranges.js';
import type { EgressFile, EgressObservation, EgressStatus } from '../machines/ports/egress-gateway.js';

/** Our names of LiveKit's statuses, indexed by LiveKit's number. @see livekit/protocol, livekit_egress.proto: EgressStatus */
const STATUS_BY_NUMBER: readonly EgressStatus[] = [
  'STARTING',
  'ACTIVE',
  'ENDING',
  'COMPLETE',
  'FAILED',
  'ABORTED',
  'LIMIT_REACHED',
];

const NS_PER_SECOND = 1e9;

/**
 * Decodes one EgressInfo. Proto3 does not distinguish "zero" from "not set", so zeros and empty strings become absent members. A
 * status *name* that the SDK does not know arrives as STARTING, the lowest rank. Numbers and dates outside of a sane range become
 * absent too, because they would win over every later snapshot, or not fit a store; long texts are cut.
 *
 * @returns undefined when the egress is not a file egress of a room, has no id, or has a status of a later LiveKit version
 */
export function decodeEgress(info: EgressInfo): EgressObservation | undefined {
  const status = STATUS_BY_NUMBER[info.status];
  const file = fileOf(info);
  if (status === undefined || file === undefined || info.streamResults.length > 0) return undefined;
  if (info.egressId === '' || info.roomName === '') return undefined;
  return {
    egressId: toId(info.egressId),
    roomName: toId(info.roomName),
    roomSid: toId(info.roomId),
    status,
    updatedAt: updatedAtOf(info, file).toString(),
    ...present('startedAt', toMs(info.startedAt)),
    ...present('endedAt', toMs(info.endedAt)),
    file: decodeFile(file),
    ...present('error', toText(info.error)),
    ...present('errorCode', info.errorCode > 0 ? info.errorCode : undefined),
    ...present('details', toText(info.details)),
    requestedPath: toText(requestedPathOf(info) || file.filename) ?? '',
  };
}

function decodeFile(file: FileInfo): EgressFile {
  return {
    filename: toText(file.filename) ?? '',
    ...present('startedAt', toMs(file.startedAt)),
    ...present('endedAt', toMs(file.endedAt)),
    ...present('duration', toSeconds(file.duration)),
    ...present('size', toCount(file.size)),
    ...present('location', toText(file.location)),
  };
}

/** The first file. Old egress workers fill only `result`, which is deprecated. */
function fileOf(info: EgressInfo): FileInfo | undefined {
  return info.fileResults[0] ?? (info.result.case === 'file' ? info.result.value : undefined);
}

/** When the snapshot was taken, nanoseconds. Without `updatedAt` it is the newest instant in the snapshot, a lower bound. */
function updatedAtOf(info: EgressInfo, file: FileInfo): bigint {
  if (isDate(info.updatedAt)) return info.updatedAt;
  const dates = [info.startedAt, info.endedAt, file.startedAt, file.endedAt].filter(isDate);
  return dates.reduce((newest, at) => (at > newest ? at : newest), 0n);
}

/** The file path of the original request, which EgressInfo contains, for every type of request; '' when there is none. */
function requestedPathOf({ request }: EgressInfo): string {
  switch (request.case) {
    case 'roomComposite':
    case 'web':
    case 'trackComposite': {
      const { fileOutputs, output } = request.value;
      return fileOutputs[0]?.filepath ?? (output.case === 'file' ? output.value.filepath : '');
    }
    case 'participant':
      return request.value.fileOutputs[0]?.filepath ?? '';
    case 'track':
      return request.value.output.case === 'file' ? request.value.output.value.filepath : '';
    case 'egress':
    case 'replay': {
      const file = request.value.outputs.map(({ config }) => config).find((config) => config.case === 'file');
      return file?.value.filepath ?? '';
    }
    case undefined:
      return '';
  }
}

/** Nanoseconds to milliseconds, without rounding because clients see the fraction. */
function toMs(ns: bigint): number | undefined {
  return isDate(ns) ? Number(ns) / NS_PER_MS : undefined;
}

function toSeconds(ns: bigint): number | undefined {
  const duration = toCount(ns);
  return duration === undefined ? undefined : duration / NS_PER_SECOND;
}

/** An object with this member, or without it when the value is undefined. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}
