import type { EgressInfo, EgressStatus, FileInfo } from '@livekit/protocol';
import { toNanos } from '../clock.js';
import { setFile, type Egress } from './egress.js';

/** Why an egress ends, in LiveKit's words for `details`. */
export type EndReason =
  'StopEgress API' | 'Source closed' | 'Session limit reached' | 'CPU exhausted' | 'Process killed' | 'Failure';

export interface Failure {
  error: string;
  errorCode: number;
  /** Default: keeps the reason the ending began with, else `Failure`. Empty after a crash. */
  details?: string;
}

/**
 * What goes wrong with an upload although the egress may say COMPLETE: no bytes, no file, fewer bytes than reported,
 * a full disk, or the primary storage failed and the backup holds the file.
 */
export type UploadVariant = 'empty' | 'missing' | 'short' | 'truncated' | 'backup';

/** How a finished file turns out; default: COMPLETE, with the file at its place. */
export interface Outcome {
  status?: EgressStatus;
  error?: string;
  errorCode?: number;
  reason?: EndReason;
  upload?: UploadVariant;
}

/** A file at its place. */
export interface Uploaded {
  sizeBytes: number;
  /** An absolute path or a URL; empty without a file output. */
  location: string;
  manifestLocation: string;
}

export const NOT_STARTED = { error: 'Start signal not received', errorCode: 412 };

/** A copy of the file result; with its times, once media has been captured. */
export function timedFile({ info, truth, stamp }: Egress): FileInfo | undefined {
  const file = info.fileResults[0]?.clone();
  if (!file || truth.liveFrom === undefined || truth.liveTo === undefined) return file;
  file.endedAt = stamp(truth.liveTo);
  file.duration = toNanos(truth.liveTo - truth.liveFrom);
  return file;
}

export function showOutcome(info: EgressInfo, { error = '', errorCode = 0, reason, upload }: Outcome): void {
  info.error = error;
  info.errorCode = errorCode;
  info.backupStorageUsed = upload === 'backup';
  if (reason !== undefined) info.details = `End reason: ${reason}`;
}

export function showUpload(info: EgressInfo, file: FileInfo | undefined, upload: Uploaded): void {
  info.manifestLocation = upload.manifestLocation;
  if (!file) return;
  file.size = BigInt(upload.sizeBytes);
  file.location = upload.location;
  setFile(info, file);
}

/** A crash leaves no details, and the file result without its times. */
export function showFailure(info: EgressInfo, file: FileInfo | undefined, { error, errorCode, details }: Failure): void {
  info.error = error;
  info.errorCode = errorCode;
  info.details = details ?? (info.details || 'End reason: Failure');
  if (file && details !== '') setFile(info, file);
}
