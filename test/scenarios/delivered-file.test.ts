import { afterAll, beforeAll, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../support/app-on-simulator.js';
import { eventually } from '../support/eventually.js';

let tally: AppOnSimulator;

beforeAll(async () => {
  // Nothing but its webhooks tells Tally of the end.
  tally = await startAppOnSimulator({ speed: 50, env: { TALLY_RECONCILE_INTERVAL_MS: '3600000' } });
});
afterAll(() => tally.close());

it('a file that is there when LiveKit tells of the end is known in the same save', async () => {
  const { api, app } = tally;
  const { recordingId } = (await api.start(await tally.openRoom())).body;
  await api.stop(recordingId);
  const [, , uid = ''] = recordingId.split('--');
  const isOver = (events: string[]) => events.includes('media.found');
  await eventually(
    'the file is known',
    async () => (await app.persistence.recordings.load(uid))?.tally.history.map(({ event }) => event) ?? [],
    isOver,
  );
  const stored = await app.persistence.recordings.load(uid);
  expect(stored).toMatchObject({ media: 'complete', tally: { state: 'complete' } });
  const [ended, found] = stored?.tally.history.slice(-2) ?? [];
  expect([ended, found]).toMatchObject([
    { to: 'complete', event: 'egress.observed', source: 'webhook' },
    { to: 'complete', event: 'media.found', source: 'webhook' },
  ]);
  expect(stored?.tally.effects.map(({ name }) => name)).not.toContain('verifyMedia');
});
