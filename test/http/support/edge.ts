import { EventEmitter, once } from 'node:events';

import type { RequestListener } from 'node:http';

import request from 'supertest';

import type { LiveKitDeps, LiveKitEvents } from '../../../src/http/livekit/deps.js';
import type { Capability } from '../../../src/http/route/capability.js';
import { apiKeyCredential } from '../../../src/http/auth/api-key.js';
import { livekitCapability } from '../../../src/http/livekit/routes.js';
import { type ProbesDeps, probesCapability } from '../../../src/http/probes/probes.js';
import type { RecordingsDeps } from '../../../src/http/recordings/deps.js';
import { recordingsCapability } from '../../../src/http/recordings/routes.js';
import type { RoomsDeps } from '../../../src/http/rooms/deps.js';
import { roomsCapability } from '../../../src/http/rooms/routes.js';
import { createServer, type ServerOptions } from '../../../src/http/server/server.js';
import { createLogger } from '../../../src/logging.js';
import type { LiveKitEvent } from '../../../src/machines/reconcile/intake.js';
import { TallyError } from '../../../src/errors.js';
import type { MediaStore } from '../../../src/machines/ports/media.js';
import { createGate, throughGate, type Gate } from '../../support/gate.js';
import type { MediaFolder } from '../../support/stores/media-folder.js';
import { readErrors } from '../../support/memory/memory-actor-store.js';
import { mediaErrors } from '../../support/memory/memory-media.js';
import { createTestClock, type TestClock } from '../../support/test-clock.js';
import { checkAnswers } from './declared-answers.js';
import { emptyStores } from './edge-stores.js';
import {
  createScriptedRecordings,
  createScriptedRooms,
  type ScriptedRecordings,
  type ScriptedRooms,
} from './scripted-commands.js';

export const API_KEY = 'ovmeet-0123456789abcdef0123456789abcdef';
export const BASE_URL = 'https://meet.example.com';

export interface Edge {
  /** For tests that need a server of their own. */
  listener: RequestListener;
  capabilities: readonly Capability[];
  /** Requests without a credential. */
  anonymous: ReturnType<typeof request>;
  get: (path: string) => request.Test;
  head: (path: string) => request.Test;
  post: (path: string, body?: object) => request.Test;
  delete: (path: string) => request.Test;
  recordings: ScriptedRecordings;
  rooms: ScriptedRooms;
  media: MediaFolder['media'] & Pick<MediaFolder, 'write'>;
  webhooks: MemoryWebhooks;
  gate: Gate;
  clock: TestClock;
  /** All log lines so far, parsed. */
  lines: () => Record<string, unknown>[];
  rawLines: string[];
  /** Resolves when the next line is written. */
  nextLine: () => Promise<void>;
}

/** The dependencies of the edge; `createEdge` adds the capabilities. */
type EdgeDeps = RecordingsDeps & RoomsDeps & LiveKitDeps & ProbesDeps & Omit<ServerOptions, 'capabilities'>;

/** The HTTP edge with one API key, over empty stores on the adapters of this run. Each call to a store passes the gate. */
export async function createEdge(overrides: Partial<EdgeDeps> = {}): Promise<Edge> {
  const gate = createGate();
  const clock = createTestClock();
  const stores = await emptyStores();
  const { apiKeys, media } = stores;
  const rooms = createScriptedRooms({ store: stores.rooms, gate, clock });
  const recordings = createScriptedRecordings({ store: stores.recordings, rooms, gate, clock });
  const webhooks = createMemoryWebhooks();
  const rawLines: string[] = [];
  const written = new EventEmitter();
  const keepLine = (line: string): void => {
    rawLines.push(line);
    written.emit('line');
  };
  await apiKeys.add({ key: API_KEY, creationDate: clock.now() });
  const deps: EdgeDeps = {
    recordings,
    rooms,
    recordingStore: {
      list: (...page) => throughGate(gate, 'recordings.list', readErrors, () => stores.recordings.list(...page)),
    },
    roomStore: { list: (...page) => throughGate(gate, 'rooms.list', readErrors, () => stores.rooms.list(...page)) },
    media: mediaBehind(gate, media),
    files: { missing: () => undefined, unreadable: () => undefined, settled: () => undefined },
    apiKeys: { list: () => throughGate(gate, 'apiKeys.list', readErrors, () => apiKeys.list()) },
    livekitEvents: webhooks,
    readiness: () => Promise.resolve({ store: { ok: true, latencyMs: 1 } }),
    credential: apiKeyCredential(apiKeys),
    log: createLogger({ level: 'debug', name: 'http', destination: { write: keepLine } }),
    baseUrl: BASE_URL,
    corsOrigin: '*',
    trustProxyHops: 0,
    port: 6080,
    clock,
    minAutoDeletionLeadMs: 3_600_000,
    ...overrides,
  };
  const capabilities = [probesCapability(deps), livekitCapability(deps), roomsCapability(deps), recordingsCapability(deps)];
  const app = createServer({ ...deps, capabilities });
  checkAnswers(app, capabilities);
  const serve = app.callback();
  const listener: RequestListener = (req, res) => void serve(req, res);
  const anonymous = request(listener);
  return {
    listener,
    capabilities,
    anonymous,
    get: (path) => anonymous.get(path).set('X-API-KEY', API_KEY),
    head: (path) => anonymous.head(path).set('X-API-KEY', API_KEY),
    post: (path, body) => anonymous.post(path).set('X-API-KEY', API_KEY).send(body),
    delete: (path) => anonymous.delete(path).set('X-API-KEY', API_KEY),
    recordings,
    rooms,
    media: { ...media, write: stores.write },
    webhooks,
    gate,
    clock,
    rawLines,
    nextLine: async () => {
      await once(written, 'line');
    },
    lines: () => rawLines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

function mediaBehind(gate: Gate, media: MediaStore): RecordingsDeps['media'] {
  const stat = <Result>(ask: () => Promise<Result>) => throughGate(gate, 'media.stat', mediaErrors, ask);
  const read = <Result>(ask: () => Promise<Result>) => throughGate(gate, 'media.read', mediaErrors, ask);
  const { open, presign } = media;
  return {
    stat: (key) => stat(() => media.stat(key)),
    async hold(key) {
      const held = await stat(() => media.hold(key));
      return held && { ...held, read: (...what) => read(() => held.read(...what)) };
    },
    ...(open === undefined ? {} : { open: (...what) => stat(() => read(() => open(...what))) }),
    ...(presign === undefined ? {} : { presign }),
  };
}

/** Accepts the signature `good` only, and records the events that it handled. */
export interface MemoryWebhooks extends LiveKitEvents {
  handled: LiveKitEvent[];
  bodies: string[];
  failNext(error: Error): void;
}

function createMemoryWebhooks(): MemoryWebhooks {
  const failures: Error[] = [];
  const handled: LiveKitEvent[] = [];
  const bodies: string[] = [];
  return {
    handled,
    bodies,
    failNext: (error) => failures.push(error),
    verify(authorization) {
      if (authorization !== 'good') return Promise.reject(new TallyError('webhook.rejected', 'unauthorized', 'bad signature'));
      return Promise.resolve((rawBody) => {
        bodies.push(rawBody);
        return { kind: 'ignored', name: rawBody };
      });
    },
    handle(event) {
      const failure = failures.shift();
      if (failure !== undefined) return Promise.reject(failure);
      handled.push(event);
      return Promise.resolve();
    },
  };
}

/** The body of a 422 with these details. */
export function invalid(...details: [field: string, message: string][]): object {
  return {
    error: 'Unprocessable Entity',
    message: 'Invalid request',
    details: details.map(([field, message]) => ({ field, message })),
  };
}
