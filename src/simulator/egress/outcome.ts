import type { EgressInfo, EgressStatus, FileInfo } from '@livekit/protocol';
import { toNanos } from '../clock.js';
import { setFile, type Egress } from './egress.js';

/** The reasons for the end of an egress, as LiveKit writes them into `details`. */
export type EndReason =
  'StopEgress API' | 'Source closed' | 'Session limit reached' | 'CPU exhausted' | 'Process killed' | 'Failure';

export interface Failure {
  error: string;
  errorCode: number;
  /** By default the reason with which the ending began, else `Failure`. Empty after a crash. */
  details?: string;
}

/**
 * Faults of an upload: the file has no bytes, is missing, has fewer bytes than reported, or is cut off by a full disk; or the
 * primary storage failed and the backup holds the file. The egress may report COMPLETE all the same.
 */
export type UploadVariant = 'empty' | 'missing' | 'short' | 'truncated' | 'backup';

/** The outcome of an egress with media. By default COMPLETE, with its file stored. */
export interface Outcome {
  status?: EgressStatus;
  error?: string;
  errorCode?: number;
  reason?: EndReason;
  upload?: UploadVariant;
}

/** A stored file, as the egress reports it. */
export interface Uploaded {
  sizeBytes: number;
  /** An absolute path or a URL; empty without a file output. */
  location: string;
  manifestLocation: string;
}

export const NOT_STARTED = { error: 'Start signal not received', errorCode: 412 };

/** A copy of the file result. It has times once the capture is over. */
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

/** After a crash `details` is empty, and the file result has no times. */
export function showFailure(info: EgressInfo, file: FileInfo | undefined, { error, errorCode, details }: Failure): void {
  info.error = error;
  info.errorCode = errorCode;
  info.details = details ?? (info.details || 'End reason: Failure');
  if (file && details !== '') setFile(info, file);
}
