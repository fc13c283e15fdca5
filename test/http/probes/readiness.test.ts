import { describe, expect, it } from 'vitest';

import { createReadiness } from '../../../src/http/probes/readiness.js';

const HOUR_MS = 3_600_000;
const ok = () => Promise.resolve();
const away = () => Promise.reject(new Error('away'));
const clockOff = (offsetMs: number) => ({ offsetMs: () => Promise.resolve(offsetMs) });

describe('the readiness report', () => {
  it('shows for each dependency whether it answered, and the error if it did not', async () => {
    const report = await createReadiness({ store: ok, locks: away }, clockOff(0))();
    expect(report).toMatchObject({ store: { ok: true }, locks: { ok: false, reason: 'away' }, clock: { ok: true, offsetMs: 0 } });
  });

  it('shows the notes on a dependency beside its check; they overrule a good one, and a failed one overrules them', async () => {
    const note = () => ({ ok: false, reason: 'files are missing', missingFiles: 2 });
    const report = await createReadiness({ store: ok, media: ok, other: away }, clockOff(0), { media: note, other: note })();
    expect(report['media']).toMatchObject({ ok: false, reason: 'files are missing', missingFiles: 2 });
    expect(report['other']).toMatchObject({ ok: false, reason: 'away', missingFiles: 2 });
    expect(report['store']).toEqual({ ok: true, latencyMs: expect.any(Number) });
  });

  it.each([
    [HOUR_MS, "This machine's clock is 3600000 ms ahead of the store's"],
    [-HOUR_MS, "This machine's clock is 3600000 ms behind the store's"],
  ])('shows a clock that is %i ms off as not ok', async (offsetMs, reason) => {
    expect((await createReadiness({ store: ok }, clockOff(offsetMs))())['clock']).toMatchObject({ ok: false, offsetMs, reason });
  });

  it.each([2_000, -2_000])('shows a clock that is %i ms off as ok', async (offsetMs) => {
    expect((await createReadiness({ store: ok }, clockOff(offsetMs))())['clock']).toMatchObject({ ok: true, offsetMs });
  });

  it('shows the error when the clock cannot be compared', async () => {
    const { clock } = await createReadiness({ store: away }, { offsetMs: away })();
    expect(clock).toMatchObject({ ok: false, reason: 'away' });
    expect(clock).not.toHaveProperty('offsetMs');
  });
});
