import { type ActorDefinition, defaultBackoffMs, type EffectSpec } from '../../kernel/definition.js';
import type { RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';
import { recordingDeadlines, type RecordingTiming } from './recording.deadlines.js';
import { recordingMachine } from './recording.machine.js';

/** Increase it when the stored state or context of a recording changes its meaning. */
export const RECORDING_MACHINE_VERSION = 1;

const HOUR_MS = 3_600_000;
/** Pauses between two looks for a missing file, milliseconds; the last one repeats until a day has passed. */
const RESCUE_WAITS_MS = [1_000, 2_000, 5_000, 15_000, 60_000, 300_000, 900_000, HOUR_MS];
export const RESCUE_FOR_MS = 24 * HOUR_MS;

export function rescueWaitMs(attempt: number): number {
  return RESCUE_WAITS_MS[Math.min(attempt, RESCUE_WAITS_MS.length) - 1] ?? HOUR_MS;
}

/** Delay of a file's removal, milliseconds, so that it does not slow a request that deletes many recordings. */
const REMOVAL_DELAY_MS = 1_000;
const SOON_FAILURES = 10;
const REMOVAL_WAIT_LIMIT_MS = 30_000;

/** Short pauses at first, then up to 30 s, because an unreachable bucket must not keep Tally busy. The retries never end. */
function removalWaitMs(failures: number): number {
  if (failures <= SOON_FAILURES) return defaultBackoffMs(failures);
  return Math.min(REMOVAL_WAIT_LIMIT_MS, defaultBackoffMs(failures) * 2 ** (failures - SOON_FAILURES));
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
  verifyMedia: { lane: 'media' },
  checkMedia: { lane: 'media' },
  rescueMedia: { lane: 'media' },
  removeMedia: { lane: 'media', delayMs: REMOVAL_DELAY_MS, backoffMs: removalWaitMs },
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
