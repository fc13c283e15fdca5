import { afterAll, beforeAll, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';

let tally: AppOnSimulator;

beforeAll(async () => {
  // No pass: Tally learns of the end from its webhooks alone.
  tally = await startAppOnSimulator({ speed: 50, env: { TALLY_RECONCILE_INTERVAL_MS: '3600000' } });
});
afterAll(() => tally.close());

it('the end of a recording is stored first; the file that LiveKit has delivered is then found at once', async () => {
  const { api, app } = tally;
  const { recordingId } = (await api.start(await tally.openRoom())).body;
  await api.stop(recordingId);
  const [, , uid = ''] = recordingId.split('--');
  const isFound = (events: string[]) => events.includes('media.found');
  await eventually(
    'the file is known',
    async () => (await app.persistence.recordings.load(uid))?.tally.history.map(({ event }) => event) ?? [],
    isFound,
  );
  const stored = await app.persistence.recordings.load(uid);
  expect(stored).toMatchObject({ media: 'complete', tally: { state: 'complete' } });
  const [ended, found] = stored?.tally.history.slice(-2) ?? [];
  expect([ended, found]).toMatchObject([
    { to: 'complete', event: 'egress.observed', source: 'webhook' },
    { to: 'complete', event: 'media.found', source: 'media' },
  ]);
  expect(stored?.tally.effects.map(({ name }) => name)).not.toContain('verifyMedia');
});
