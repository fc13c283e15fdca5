import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../../support/random.js';
import type { Answer, TallyClient } from '../../support/tally-client.js';

export type Command = 'start' | 'stop' | 'media';

/** One request and its answer. Times are milliseconds of the monotonic clock. */
export interface Exchange {
  readonly command: Command;
  /** The index of the client that sent the request. */
  readonly client: number;
  readonly askedAt: number;
  readonly answeredAt: number;
  /** 0 when the connection was refused or cut. */
  readonly status: number;
  /** The contract's error name, '' when there is none. */
  readonly error: string;
  /** The Retry-After header, '' when there is none. */
  readonly retryAfter: string;
  readonly recordingId: string;
}

export interface TrafficOptions {
  /** Each request goes to a random client. */
  readonly clients: readonly TallyClient[];
  /** Each room has one user, who starts a recording, waits, and stops it. */
  readonly roomIds: readonly string[];
  readonly random: Random;
  /** Longest pause of a user between two requests, milliseconds. */
  readonly thinkMs: number;
  /** A recording whose media every user requests between its other requests. */
  readonly watched?: string;
}

/** Users who start and stop recordings until `end`, and all answers that they got. */
export interface Traffic {
  readonly exchanges: readonly Exchange[];
  /** `started` holds the recordings whose start was answered 201, `stopped` those whose stop was answered 202. */
  readonly started: ReadonlySet<string>;
  readonly stopped: ReadonlySet<string>;
  /** Waits until every user has finished its current request. */
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
        // An earlier start was accepted although its answer was lost, so the user stops the recording that holds the room.
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

/** Counts the answers by a key such as `start 503 Lock Error`. */
export function tally(exchanges: readonly Exchange[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { command, status, error } of exchanges) {
    const key = `${command} ${status}${error === '' ? '' : ` ${error}`}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
