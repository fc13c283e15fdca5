import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../../support/random.js';
import type { Answer, TallyClient } from '../../support/tally-client.js';

export type Command = 'start' | 'stop' | 'media';

/** One answered request. Instants by the monotonic clock, milliseconds. */
export interface Exchange {
  readonly command: Command;
  /** Which of the clients asked. */
  readonly client: number;
  readonly askedAt: number;
  readonly answeredAt: number;
  /** 0 when the connection was refused or cut. */
  readonly status: number;
  /** The contract's error name, '' when there is none. */
  readonly error: string;
  /** Header, '' when there is none. */
  readonly retryAfter: string;
  readonly recordingId: string;
}

export interface TrafficOptions {
  /** Every request goes to any of them. */
  readonly clients: readonly TallyClient[];
  /** Each has one user of its own, who starts, lets it run, and stops. */
  readonly roomIds: readonly string[];
  readonly random: Random;
  /** Longest pause of a user between two requests, milliseconds. */
  readonly thinkMs: number;
  /** A recording whose media is asked for between the two. */
  readonly watched?: string;
}

/** Users who record on and on, and everything they were answered. */
export interface Traffic {
  readonly exchanges: readonly Exchange[];
  /** Recordings whose start was answered 201, and those whose stop was answered 202. */
  readonly started: ReadonlySet<string>;
  readonly stopped: ReadonlySet<string>;
  /** Let every user finish what it does. */
  end(): Promise<void>;
}

export function startTraffic({ clients, roomIds, random, thinkMs, watched }: TrafficOptions): Traffic {
  const exchanges: Exchange[] = [];
  const started = new Set<string>();
  const stopped = new Set<string>();
  const ending = new AbortController();

  function anyOf(): [number, TallyClient] {
    const index = random.below(clients.length);
    const client = clients[index];
    if (client === undefined) throw new Error('nobody to ask');
    return [index, client];
  }

  async function ask(
    command: Command,
    recordingId: string,
    request: (client: TallyClient) => Promise<Answer & { retryAfter?: string }>,
  ) {
    const [client, asked] = anyOf();
    const askedAt = performance.now();
    const { status, text, retryAfter = '' } = await request(asked).catch(() => ({ status: 0, text: '{}', retryAfter: '' }));
    const body = command === 'media' && status < 300 ? {} : (JSON.parse(text) as { error?: string; recordingId?: string });
    const id = recordingId === '' ? (body.recordingId ?? '') : recordingId;
    const error = status < 300 ? '' : (body.error ?? '');
    exchanges.push({ command, client, askedAt, answeredAt: performance.now(), status, error, retryAfter, recordingId: id });
    return { status, id };
  }

  async function use(roomId: string): Promise<void> {
    let recordingId: string | undefined;
    while (!ending.signal.aborted) {
      if (recordingId === undefined) {
        const { status, id } = await ask('start', '', (client) => client.tryStart(roomId));
        if (status === 201) started.add((recordingId = id));
        // Taken although the answer was lost or said otherwise: what holds the room is what there is to stop.
        if (status === 409) recordingId = await heldBy(roomId);
      } else {
        const running: string = recordingId;
        const { status } = await ask('stop', running, (client) => client.tryStop(running));
        if (status === 202) stopped.add(running);
        if (status !== 503 && status !== 0) recordingId = undefined;
      }
      if (watched !== undefined) await ask('media', watched, (client) => fetchMedia(client, watched));
      await pause(random.below(thinkMs));
    }
  }

  async function heldBy(roomId: string): Promise<string | undefined> {
    const [, client] = anyOf();
    const recordings = await client.listRecordings(roomId).catch(() => []);
    return recordings.find(({ status }) => status === 'active')?.recordingId;
  }

  const users = Promise.all(roomIds.map(use));
  return {
    exchanges,
    started,
    stopped,
    async end() {
      ending.abort();
      await users;
    },
  };
}

async function fetchMedia(client: TallyClient, recordingId: string): Promise<Answer & { retryAfter: string }> {
  const response = await client.media(recordingId, 'bytes=0-99');
  return { status: response.status, text: await response.text(), retryAfter: response.headers.get('Retry-After') ?? '' };
}

/** How often each answer was given, as `start 503 Lock Error`. */
export function tally(exchanges: readonly Exchange[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { command, status, error } of exchanges) {
    const key = `${command} ${status}${error === '' ? '' : ` ${error}`}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
