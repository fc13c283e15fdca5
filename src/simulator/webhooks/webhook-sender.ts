import type { SimulatorClock } from '../clock.js';
import { createWebhookPoster, type WebhookAnswer } from './webhook-post.js';

/** One webhook on its way to one URL. */
export interface Parcel {
  /** The egress id, or the room's name. Events with the same key are sent one after another. */
  key: string;
  url: string;
  event: string;
  id: string;
  body: string;
  authorization: string;
}

/** The delivery of a parcel. `answers` has one entry per attempt: the status, or the error without an answer. */
export interface DeliveryRecord {
  event: string;
  id: string;
  key: string;
  url: string;
  attempts: number;
  answers: (number | string)[];
  dropped?: 'age' | 'depth';
}

export interface WebhookSender {
  enqueue(parcel: Parcel): void;
  /** All deliveries so far, oldest first. Only the newest hundred thousand are kept. */
  log(): readonly DeliveryRecord[];
  close(): void;
}

interface Waiting {
  parcel: Parcel;
  record: DeliveryRecord;
  queuedAt: number;
}

/** The defaults of livekit/protocol, `webhook/resource_url_notifier.go` and `webhook/url_notifier.go`. */
const RETRY_WAITS_MS = [1000, 2000, 4000, 8000];
const MAX_AGE_MS = 30_000;
const MAX_DEPTH = 200;
const LOG_LIMIT = 100_000;

/** Delivers like livekit-server: a queue per key and URL, each with one request in flight and five attempts per event. */
export function createWebhookSender(clock: SimulatorClock): WebhookSender {
  const poster = createWebhookPoster();
  const queues = new Map<string, Waiting[]>();
  const log: DeliveryRecord[] = [];
  let closed = false;

  const enqueue = (parcel: Parcel): void => {
    if (closed) return;
    const record: DeliveryRecord = {
      event: parcel.event,
      id: parcel.id,
      key: parcel.key,
      url: parcel.url,
      attempts: 0,
      answers: [],
    };
    remember(record);
    const name = `${parcel.url} ${parcel.key}`;
    const queue = queues.get(name);
    if (!queue) {
      const started = [{ parcel, record, queuedAt: clock.now() }];
      queues.set(name, started);
      void drain(name, started);
    } else if (queue.length > MAX_DEPTH) record.dropped = 'depth';
    else queue.push({ parcel, record, queuedAt: clock.now() });
  };

  /** The first parcel stays in the queue while it is in flight. */
  const drain = async (name: string, queue: Waiting[]): Promise<void> => {
    for (let head = queue[0]; head !== undefined && !closed; head = queue[0]) {
      // The receiver causes this waiting time, so the simulator's speed does not apply to it.
      if (clock.now() - head.queuedAt > MAX_AGE_MS) head.record.dropped = 'age';
      else await deliver(head);
      queue.shift();
    }
    queues.delete(name);
  };

  const deliver = async ({ parcel, record }: Waiting): Promise<void> => {
    for (const waitMs of [...RETRY_WAITS_MS, 0]) {
      record.attempts += 1;
      const answer = await attempt(parcel);
      record.answers.push(typeof answer === 'string' ? answer : answer.status);
      if (closed || !isWorthRetrying(answer)) return;
      if (waitMs > 0) await clock.delay(retryAfterMs(answer) ?? waitMs);
    }
  };

  const attempt = async (parcel: Parcel): Promise<WebhookAnswer | string> => {
    try {
      return await poster.post(parcel);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  };

  const remember = (record: DeliveryRecord): void => {
    log.push(record);
    if (log.length > LOG_LIMIT) log.splice(0, LOG_LIMIT / 10);
  };

  return {
    enqueue,
    log: () => log,
    close: () => {
      closed = true;
      poster.close();
    },
  };
}

/** Any other status counts as delivered, even 400 and 401. */
function isWorthRetrying(answer: WebhookAnswer | string): boolean {
  return typeof answer === 'string' || answer.status === 429 || (answer.status >= 500 && answer.status !== 501);
}

function retryAfterMs(answer: WebhookAnswer | string): number | undefined {
  if (typeof answer === 'string' || answer.retryAfterS === undefined) return undefined;
  return answer.status === 429 || answer.status === 503 ? answer.retryAfterS * 1000 : undefined;
}
