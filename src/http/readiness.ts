import { toError } from '../errors.js';
import type { LiveKitGateway, MediaStore, RecordingStore, RoomLocks } from '../machines/recording/ports.js';
import type { DependencyReport } from './deps.js';

export interface ReadinessPorts {
  store: Pick<RecordingStore, 'load'>;
  locks: Pick<RoomLocks, 'list'>;
  media: Pick<MediaStore, 'stat'>;
  livekit: Pick<LiveKitGateway, 'listRooms'>;
}

/** Asks each dependency something cheap. */
export function createReadiness({
  store,
  locks,
  media,
  livekit,
}: ReadinessPorts): () => Promise<Record<string, DependencyReport>> {
  const questions: Record<string, () => Promise<unknown>> = {
    store: () => store.load('readiness'),
    locks: () => locks.list(),
    media: () => media.stat('readiness'),
    livekit: () => livekit.listRooms(['readiness']),
  };
  return async () => {
    const reports = await Promise.all(Object.entries(questions).map(async ([name, ask]) => [name, await report(ask)] as const));
    return Object.fromEntries(reports);
  };
}

async function report(ask: () => Promise<unknown>): Promise<DependencyReport> {
  const begunAt = performance.now();
  const latencyMs = () => Math.round(performance.now() - begunAt);
  try {
    await ask();
    return { ok: true, latencyMs: latencyMs() };
  } catch (error) {
    return { ok: false, latencyMs: latencyMs(), reason: toError(error).message };
  }
}
