import { toError } from '../errors.js';
import type { DependencyReport } from './deps.js';

/** By the name of the dependency: something cheap to ask it; rejects when it does not answer well. */
export type Pings = Readonly<Record<string, () => Promise<unknown>>>;

/** Asks every dependency at once. */
export function createReadiness(pings: Pings): () => Promise<Record<string, DependencyReport>> {
  return async () => {
    const reports = await Promise.all(Object.entries(pings).map(async ([name, ask]) => [name, await report(ask)] as const));
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
