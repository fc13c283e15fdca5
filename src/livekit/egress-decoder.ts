import type { EgressInfo, FileInfo } from '@livekit/protocol';

import type { EgressFile, EgressObservation, EgressStatus } from '../machines/ports/egress-gateway.js';

/** By the number LiveKit gives each state. @see livekit/protocol, livekit_egress.proto: EgressStatus */
const STATUS_BY_NUMBER: readonly EgressStatus[] = [
  'STARTING',
  'ACTIVE',
  'ENDING',
  'COMPLETE',
  'FAILED',
  'ABORTED',
  'LIMIT_REACHED',
];

const NS_PER_MS = 1e6;
const NS_PER_SECOND = 1e9;

/**
 * What one EgressInfo says about a recording of a room. Proto3 cannot tell "zero" from "not set": zeros and empty strings
 * become absent members. A status *name* that the SDK does not know arrives as STARTING, which changes nothing.
 *
 * @returns undefined when it is no file egress of a room, has no id, or has a status of a later LiveKit
 */
export function decodeEgress(info: EgressInfo): EgressObservation | undefined {
  const status = STATUS_BY_NUMBER[info.status];
  const file = fileOf(info);
  if (status === undefined || file === undefined || info.streamResults.length > 0) return undefined;
  if (info.egressId === '' || info.roomName === '') return undefined;
  return {
    egressId: info.egressId,
    roomName: info.roomName,
    roomSid: info.roomId,
    status,
    updatedAt: updatedAtOf(info, file).toString(),
    ...present('startedAt', toMs(info.startedAt)),
    ...present('endedAt', toMs(info.endedAt)),
    file: decodeFile(file),
    ...present('error', info.error || undefined),
    ...present('errorCode', info.errorCode || undefined),
    ...present('details', info.details || undefined),
    requestedPath: requestedPathOf(info) || file.filename,
  };
}

function decodeFile(file: FileInfo): EgressFile {
  return {
    filename: file.filename,
    ...present('startedAt', toMs(file.startedAt)),
    ...present('endedAt', toMs(file.endedAt)),
    ...present('duration', file.duration === 0n ? undefined : Number(file.duration) / NS_PER_SECOND),
    ...present('size', file.size === 0n ? undefined : Number(file.size)),
    ...present('location', file.location || undefined),
  };
}

/** The first file; `result` is its deprecated mirror, all that old egress workers filled. */
function fileOf(info: EgressInfo): FileInfo | undefined {
  return info.fileResults[0] ?? (info.result.case === 'file' ? info.result.value : undefined);
}

/** When the snapshot was taken, in ns. A worker that does not date it took it at or after the newest instant in it. */
function updatedAtOf(info: EgressInfo, file: FileInfo): bigint {
  if (info.updatedAt !== 0n) return info.updatedAt;
  return [info.startedAt, info.endedAt, file.startedAt, file.endedAt].reduce((newest, at) => (at > newest ? at : newest), 0n);
}

/** The file path in the request's echo, whichever call made it; '' when it names none. */
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

/** Divided without rounding: clients see the fraction. */
function toMs(ns: bigint): number | undefined {
  return ns === 0n ? undefined : Number(ns) / NS_PER_MS;
}

/** A member that is there only when it has a value. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}
