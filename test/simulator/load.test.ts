import { EgressStatus } from 'livekit-server-sdk';
import { expect, it } from 'vitest';
import { createSink, createStage, fileOutput, type Sink } from './support.js';

const ROOMS = 100;
const ROUNDS = 3;
const WHOLE_LIFE = ['egress_started 0', 'egress_updated 1', 'egress_updated 2', 'egress_ended 3'];

/** What one receiver got, by egress, in the order in which it came. */
function livesSeenBy(sink: Sink): Map<string, string[]> {
  const lives = new Map<string, string[]>();
  for (const { event } of sink.arrivals) {
    const { egressId = '', status = 0 } = event?.egressInfo ?? {};
    if (event !== undefined && egressId !== '') lives.set(egressId, [...(lives.get(egressId) ?? []), `${event.event} ${status}`]);
  }
  return lives;
}

// Some hundred calls of the SDK and over two thousand signed webhooks, each verified.
it('serves a hundred rooms at once, and tells two receivers everything in order', { timeout: 60_000 }, async () => {
  const { simulator, sink, egress } = await createStage({ speed: 100 });
  const second = await createSink();
  simulator.addWebhookUrl(second.url);
  const rooms = Array.from({ length: ROOMS }, (_, index) => `room-${index}`);
  for (const room of rooms) simulator.join(room, { identity: 'ada', publish: true });
  const endings = () => simulator.egresses().filter(({ states }) => states.at(-1)?.status === 'EGRESS_COMPLETE').length;

  for (let round = 1; round <= ROUNDS; round += 1) {
    const started = await Promise.all(
      rooms.map((room) => egress.startRoomCompositeEgress(room, fileOutput(`${room}/${round}`, { disableManifest: true }))),
    );
    await expect
      .poll(async () => (await egress.listEgress({ active: true })).map(({ status }) => status), {
        interval: 50,
        timeout: 20_000,
      })
      .toEqual(rooms.map(() => EgressStatus.EGRESS_ACTIVE));
    await Promise.all(started.map(({ egressId }) => egress.stopEgress(egressId)));
    await expect.poll(endings, { interval: 50, timeout: 20_000 }).toBe(round * ROOMS);
  }

  expect(await egress.listEgress({ active: true })).toEqual([]);
  expect(await egress.listEgress({ roomName: 'room-7' })).toHaveLength(ROUNDS);
  for (const receiver of [sink, second]) {
    const isAllThere = () => [...livesSeenBy(receiver).values()].flat().length;
    await expect.poll(isAllThere, { interval: 50, timeout: 20_000 }).toBe(ROOMS * ROUNDS * WHOLE_LIFE.length);
    expect(new Set([...livesSeenBy(receiver).values()].map((life) => life.join()))).toEqual(new Set([WHOLE_LIFE.join()]));
  }
});
