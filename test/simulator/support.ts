import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  EgressClient,
  type EgressStatus,
  EncodedFileOutput,
  EncodedFileType,
  RoomServiceClient,
  WebhookReceiver,
  type WebhookEvent,
} from 'livekit-server-sdk';
import { afterEach } from 'vitest';
import { createSimulator, type MediaOptions, type ScriptRequest, type Simulator } from '../../src/simulator/index.js';

export const API_KEY = 'devkey';
export const API_SECRET = 'a-secret-of-at-least-thirty-two-characters';

/** One webhook as it came over the wire, and what the SDK's receiver makes of it. */
export interface Arrival {
  body: string;
  headers: IncomingHttpHeaders;
  /** Undefined when the receiver rejects it. */
  event: WebhookEvent | undefined;
}

export interface Sink {
  url: string;
  arrivals: Arrival[];
  /** The status of the answers to come; 200 unless changed. */
  respond: (arrival: Arrival) => number | 'never' | Promise<number>;
  /** The first arrival, past or future, that fits and was not handed out before. */
  next(fits: (arrival: Arrival) => boolean): Promise<Arrival>;
  /** The next event of this name, and of this status when it is given. */
  event(name: string, status?: EgressStatus): Promise<WebhookEvent>;
}

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export async function createSink(): Promise<Sink> {
  const receiver = new WebhookReceiver(API_KEY, API_SECRET);
  const taken = new Set<Arrival>();
  const waiters: (() => void)[] = [];
  const server = createServer((request, response) => void receive(request, response));
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const event = await receiver.receive(body, request.headers.authorization).catch(() => undefined);
    const arrival = { body, headers: request.headers, event };
    sink.arrivals.push(arrival);
    for (const wake of waiters.splice(0)) wake();
    const status = await sink.respond(arrival);
    if (status !== 'never') response.writeHead(status).end();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const sink: Sink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    arrivals: [],
    respond: () => 200,
    next: async (fits) => {
      for (;;) {
        const found = sink.arrivals.find((arrival) => !taken.has(arrival) && fits(arrival));
        if (found) {
          taken.add(found);
          return found;
        }
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    event: async (name, status) => {
      const { event } = await sink.next(
        ({ event }) => event?.event === name && (status === undefined || event.egressInfo?.status === status),
      );
      if (!event) throw new Error('unreachable: an arrival that fits has an event');
      return event;
    },
  };
  return sink;
}

export interface Stage {
  simulator: Simulator;
  sink: Sink;
  mediaDir: string;
  egress: EgressClient;
  rooms: RoomServiceClient;
}

export interface StageOptions {
  speed?: number;
  script?: ScriptRequest;
  /** Default: the stage's folder. */
  media?: MediaOptions;
}

/** For calls that are answered; a busy machine takes its time. */
const REQUEST_LIMIT_S = 20;

/** A simulator at high speed, a webhook receiver, and the SDK's clients. */
export async function createStage(options: StageOptions = {}): Promise<Stage> {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  cleanups.push(() => rm(mediaDir, { recursive: true, force: true }));
  const sink = await createSink();
  const simulator = await createSimulator({
    apiKey: API_KEY,
    apiSecret: API_SECRET,
    ...(options.media ?? { mediaDir }),
    webhookUrls: [sink.url],
    speed: options.speed ?? 200,
  });
  cleanups.push(() => simulator.close());
  if (options.script) simulator.setScript(options.script);
  const egress = new EgressClient(simulator.url, API_KEY, API_SECRET, { requestTimeout: REQUEST_LIMIT_S });
  const rooms = new RoomServiceClient(simulator.url, API_KEY, API_SECRET, { requestTimeout: REQUEST_LIMIT_S });
  return { simulator, sink, mediaDir, egress, rooms };
}

/** A stage with Ada publishing in room `r`. */
export async function createLiveStage(options: StageOptions = {}): Promise<Stage> {
  const stage = await createStage(options);
  stage.simulator.join('r', { identity: 'ada', publish: true });
  return stage;
}

/** A speed at which no delay ever passes; set a high one to go on. */
export const FROZEN = 1e-6;
/** A delay of a script that never passes at the usual speed, and at `HASTY` does at once. */
export const ENDLESS_MS = 1e8;
export const HASTY = 1e7;

export function fileOutput(filepath: string, extra: { disableManifest?: boolean } = {}): { file: EncodedFileOutput } {
  return { file: new EncodedFileOutput({ fileType: EncodedFileType.MP4, filepath, ...extra }) };
}

/** The status and the error of a refused call. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ name: string; status: number; code: string | undefined; message: string }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the call was not refused');
  const { name, message, status, code } = error as Error & { status: number; code?: string };
  return { name, status, code, message };
}

/** The names and statuses of egress events in the order they came. */
export function sequence(sink: Sink): string[] {
  return sink.arrivals.flatMap(({ event }) => (event?.egressInfo ? [`${event.event} ${event.egressInfo.status}`] : []));
}
