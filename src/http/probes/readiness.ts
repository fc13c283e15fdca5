import { CLOCK_TOLERANCE_MS, type SharedClock } from '../../clock.js';
import { reasonsOf, toError } from '../../errors.js';
import type { DependencyReport } from './probes.js';

/** Cheap checks, keyed by the name of the dependency. A check rejects when its dependency gives no good answer. */
export type Pings = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * Checks all dependencies in parallel. The report `clock` compares this machine's clock with the store's.
 *
 * @param notes further members of the reports; a failed check overrules its note
 */
export function createReadiness(
  pings: Pings,
  clock: Pick<SharedClock, 'offsetMs'>,
  notes: Readonly<Record<string, () => Partial<DependencyReport>>> = {},
): () => Promise<Record<string, DependencyReport>> {
  return async () => {
    const reports = Object.entries(pings).map(async ([name, ask]) => {
      const [checked, note] = [await report(ask), notes[name]?.()];
      return [name, checked.ok ? { ...checked, ...note } : { ...note, ...checked }] as const;
    });
    return Object.fromEntries([...(await Promise.all(reports)), ['clock', await clockReport(clock)]]);
  };
}

async function clockReport(clock: Pick<SharedClock, 'offsetMs'>): Promise<DependencyReport> {
  let offsetMs: number | undefined;
  const asked = await report(async () => (offsetMs = Math.round(await clock.offsetMs())));
  if (offsetMs === undefined) return asked;
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS) return { ...asked, offsetMs };
  const reason = `This machine's clock is ${String(Math.abs(offsetMs))} ms ${offsetMs > 0 ? 'ahead of' : 'behind'} the store's`;
  return { ...asked, ok: false, offsetMs, reason };
}

async function report(ask: () => Promise<unknown>): Promise<DependencyReport> {
  const begunAt = performance.now();
  const latencyMs = () => Math.round(performance.now() - begunAt);
  try {
    await ask();
    return { ok: true, latencyMs: latencyMs() };
  } catch (error) {
    return { ok: false, latencyMs: latencyMs(), reason: reasonsOf(toError(error)) };
  }
}
