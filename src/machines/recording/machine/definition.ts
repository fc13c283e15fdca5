import { type ActorDefinition, defaultBackoffMs, type EffectSpec } from '../../kernel/definition.js';
import type { RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';
import { recordingDeadlines, type RecordingTiming } from './recording.deadlines.js';
import { recordingMachine } from './recording.machine.js';

/** Increase it when the stored state or context of a recording changes its meaning. */
export const RECORDING_MACHINE_VERSION = 1;

const HOUR_MS = 3_600_000;
export const RESCUE_FOR_MS = 24 * HOUR_MS;
const SOONEST_RESCUE_MS = 1_000;

/**
 * Pause before the next look for a missing file: half of the time since its recording settled. An outage of the media store thus
 * does not lengthen the pauses after it.
 */
export function rescueWaitMs(ageMs: number): number {
  return Math.min(HOUR_MS, Math.max(SOONEST_RESCUE_MS, ageMs / 2));
}

/** Delay of a file's removal, milliseconds, so that it does not slow a request that deletes many recordings. */
const REMOVAL_DELAY_MS = 1_000;
const SOON_FAILURES = 10;
const MEDIA_WAIT_LIMIT_MS = 30_000;

/** Short pauses at first, then up to 30 s, because a media store that is away must not keep Tally busy. The retries never end. */
function mediaWaitMs(failures: number): number {
  if (failures <= SOON_FAILURES) return defaultBackoffMs(failures);
  return Math.min(MEDIA_WAIT_LIMIT_MS, defaultBackoffMs(failures) * 2 ** (failures - SOON_FAILURES));
}

/** Number of effects of one target that run at once. */
const LANES = { livekit: 256, lock: 64, notification: 32, media: 32 };

export const RECORDING_EFFECTS = {
  startEgress: { lane: 'livekit' },
  findEgress: { lane: 'livekit' },
  confirmStart: { lane: 'livekit' },
  stopEgress: { lane: 'livekit', isAwaited: true },
  confirmDeath: { lane: 'livekit' },
  extendRoomLock: { lane: 'lock' },
  releaseRoomLock: { lane: 'lock' },
  verifyMedia: { lane: 'media', backoffMs: mediaWaitMs },
  checkMedia: { lane: 'media' },
  rescueMedia: { lane: 'media', backoffMs: mediaWaitMs },
  removeMedia: { lane: 'media', delayMs: REMOVAL_DELAY_MS, backoffMs: mediaWaitMs },
  notify: { lane: 'notification', key: (params, since) => `notify:${String(since)}:${String(params.notice)}` },
} as const satisfies Record<string, EffectSpec<keyof typeof LANES>>;

export type RecordingEffectName = keyof typeof RECORDING_EFFECTS;

export interface RecordingOptions {
  /** False: transitions make no notices. Default true. */
  notices?: boolean;
  /** Delay before a start extends its room lock, milliseconds; less than that lock's lifetime. Default 0. */
  extendLockAfterMs?: number;
}

export function defineRecording(
  timing: RecordingTiming,
  { notices = true, extendLockAfterMs = 0 }: RecordingOptions = {},
): ActorDefinition<RecordingContext, RecordingEvent> {
  const { notify, ...others } = RECORDING_EFFECTS;
  const silent = { ...others, extendRoomLock: { ...others.extendRoomLock, delayMs: extendLockAfterMs } };
  return {
    kind: 'recording',
    machine: recordingMachine.provide({ actions: recordingDeadlines(timing) }),
    version: RECORDING_MACHINE_VERSION,
    lanes: LANES,
    effects: notices ? { ...silent, notify } : silent,
    deadline: {
      of: (recording) => recording.deadline,
      passed: (generation, at) => ({ type: 'deadline.passed', generation, at, source: 'deadline' }),
    },
    removeAt: (recording) => (recording.deletedAt === undefined ? undefined : recording.deletedAt + timing.tombstoneMs),
  };
}
