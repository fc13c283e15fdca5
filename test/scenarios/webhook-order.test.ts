import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RecordingView } from '../../src/http/recordings/recording.presenter.js';
import { type AppOnSimulator, startAppOnSimulator } from '../support/apps/app-on-simulator.js';
import { eventually } from '../support/eventually.js';
import { createRandom } from '../support/random.js';
import type { RecordingAnswer } from '../support/apps/tally-api.js';
import { deliver, startWebhookTap, type TappedWebhook, type WebhookTap } from '../support/simulator/webhook-tap.js';

const HOUR = '3600000';
const NAMES = ['started', 'ACTIVE', 'ENDING', 'ended'] as const;

interface Life {
  starting: Promise<RecordingAnswer>;
  webhooks: TappedWebhook[];
  /** In words, for the message of a failure. */
  delivered: string;
}

describe('the webhooks of one egress', () => {
  let tally: AppOnSimulator;
  let tap: WebhookTap;

  beforeAll(async () => {
    // Tally learns of egresses from the webhooks that are delivered here alone.
    tally = await startAppOnSimulator({ speed: 50, webhooks: false, env: { TALLY_RECONCILE_INTERVAL_MS: HOUR } });
    tap = await startWebhookTap();
    tally.inside.addWebhookUrl(tap.url);
  });
  afterAll(async () => {
    await tally.close();
    await tap.close();
  });

  it('lead to the same recording in every order', async () => {
    const orders = permutations([0, 1, 2, 3]);
    expect(orders).toHaveLength(24);
    await inBatches(orders, async (order) => expectSameOutcome(await deliverTo(await record(), order)));
  });

  it('lead to the same recording when any are repeated, in any order', async () => {
    const seed = Date.now() % 1_000_000;
    process.stdout.write(`repeated webhooks with seed ${seed}\n`);
    const random = createRandom(seed);
    const orders = Array.from({ length: 24 }, () => {
      const repeated = [0, 1, 2, 3].flatMap((index) => Array.from({ length: 1 + random.below(3) }, () => index));
      const shuffled = repeated.map((index) => ({ index, at: random.next() })).sort((a, b) => a.at - b.at);
      return shuffled.map(({ index }) => index);
    });
    await inBatches(orders, async (order) => expectSameOutcome(await deliverTo(await record(), order)));
  });

  it('lead to the same recording when any are lost, after one pass over LiveKit', async () => {
    const subsets = Array.from({ length: 16 }, (_, bits) => [0, 1, 2, 3].filter((index) => (bits >> index) % 2 === 1));
    const lives: Life[] = [];
    await inBatches(subsets, async (subset) => void lives.push(await deliverTo(await record(), subset)));
    await tally.app.reconciler.pass();
    await Promise.all(lives.map(expectSameOutcome));
  });

  /** Record a meeting that ends by itself, and keep its webhooks back. */
  async function record(): Promise<Life> {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    const starting = api.start(roomId);
    await untilState(roomId, 'EGRESS_ACTIVE');
    await simulator.deleteRoom(roomId);
    await untilState(roomId, 'EGRESS_COMPLETE');
    const webhooks = await eventually(
      'all webhooks of the egress came',
      () => tap.webhooks.filter(({ event }) => event.egressInfo?.roomName === roomId),
      ({ length }) => length === NAMES.length,
    );
    return { starting, webhooks, delivered: 'nothing' };
  }

  async function deliverTo(life: Life, order: number[]): Promise<Life> {
    const delivered = order.map((index) => NAMES[index] ?? '').join(', ');
    for (const index of order) {
      const status = await deliver(tally.api.url, life.webhooks[index]?.body ?? '', tally.address);
      expect([delivered, status]).toEqual([delivered, 200]);
    }
    return { ...life, delivered };
  }

  async function expectSameOutcome({ starting, webhooks, delivered }: Life): Promise<void> {
    const { api } = tally;
    const { status, body } = await starting;
    expect([delivered, status]).toEqual([delivered, 201]);
    const outcome = await api.outcome(body.recordingId);
    expect([delivered, outcome]).toEqual([delivered, expectedOf(webhooks, body.recordingId, outcome)]);
    expect(Math.abs(((await api.plays(body.recordingId)) ?? 0) - (outcome.duration ?? 0))).toBeLessThan(0.1);
  }

  /** The recording as the last webhook of its egress describes it. */
  function expectedOf(webhooks: TappedWebhook[], recordingId: string, { filename }: RecordingView): RecordingView {
    const info = webhooks.find(({ event }) => event.event === 'egress_ended')?.event.egressInfo;
    const file = info?.fileResults[0];
    return {
      recordingId,
      roomId: info?.roomName ?? '',
      roomName: 'Scenario',
      status: 'complete',
      filename,
      startDate: Number(file?.startedAt) / 1e6,
      endDate: Number(file?.endedAt) / 1e6,
      duration: Number(file?.duration) / 1e9,
      size: Number(file?.size),
      details: 'End reason: Source closed',
    };
  }

  async function untilState(roomId: string, status: string): Promise<void> {
    await eventually(`the egress of ${roomId} has come to ${status}`, tally.simulator.egresses, (egresses) =>
      egresses.some((egress) => egress.roomName === roomId && egress.states.some((state) => state.status === status)),
    );
  }
});

function permutations(items: number[]): number[][] {
  if (items.length <= 1) return [items];
  return items.flatMap((item) => permutations(items.filter((each) => each !== item)).map((rest) => [item, ...rest]));
}

async function inBatches<Item>(items: readonly Item[], work: (item: Item) => Promise<void>, size = 8): Promise<void> {
  for (let from = 0; from < items.length; from += size) await Promise.all(items.slice(from, from + size).map(work));
}
