import { mkdir } from 'node:fs/promises';
import { createEgressService } from './api/egress-service.js';
import { listen } from './api/http-server.js';
import { createMethods } from './api/methods.js';
import { createRoomService } from './api/room-service.js';
import { createTwirpRoutes } from './api/twirp-routes.js';
import { createClock } from './clock.js';
import { createControlRoutes } from './control/control-routes.js';
import { createEgressStore } from './egress/egress-store.js';
import type { EgressTruth } from './egress/egress.js';
import type { BucketSettings } from './media/bucket-settings.js';
import { createDestinations } from './media/destinations.js';
import { createRooms, type Joining } from './rooms/rooms.js';
import { createScriptBook } from './scripts/script-book.js';
import type { ScriptRequest } from './scripts/script.js';
import { createWebhookSender, type DeliveryRecord } from './webhooks/webhook-sender.js';
import { createWebhooks } from './webhooks/webhooks.js';
import type { EgressContext, EgressRun } from './worker/egress-run.js';
import { finishAll } from './worker/finish.js';
import { createUpload } from './worker/upload.js';

export type SimulatorOptions = CommonOptions & MediaOptions;

/**
 * Where recordings go whose request names no storage: a folder, which is made when it is missing and is never left; or a
 * bucket, in which the file's path is the key.
 */
export type MediaOptions = { mediaDir: string; bucket?: undefined } | { mediaDir?: undefined; bucket: BucketSettings };

interface CommonOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  apiKey: string;
  apiSecret: string;
  webhookUrls: readonly string[];
  /** Divides every delay; default 1. */
  speed?: number;
}

/** A LiveKit server with one egress worker, without media: the control plane cannot tell the difference. */
export interface Simulator {
  readonly url: string;
  /** Where webhooks go; URLs may be pushed at any time. */
  readonly webhookUrls: string[];
  addWebhookUrl(url: string): void;
  /** Join a room, creating it when there is none. */
  join(room: string, participant: Joining): void;
  /** @returns whether that participant was there */
  leave(room: string, identity: string): boolean;
  /**
   * What goes wrong next; null resets.
   *
   * @param room default: every room without a script of its own
   * @throws UnknownScriptError
   */
  setScript(script: ScriptRequest | null, room?: string): void;
  setSpeed(speed: number): void;
  /** What really happened to every egress ever accepted. */
  egresses(): EgressTruth[];
  /** Every webhook and what became of it. */
  webhooks(): readonly DeliveryRecord[];
  /** Ends running egresses and writes their files, then stops listening. Sends no webhooks. */
  close(): Promise<void>;
}

const OUTAGE_LEAD_MS = 50;

export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, apiKey, apiSecret, speed = 1 } = options;
  if (options.mediaDir !== undefined) await mkdir(options.mediaDir, { recursive: true });
  const webhookUrls = [...options.webhookUrls];
  const clock = createClock(speed);
  const scripts = createScriptBook();
  const sender = createWebhookSender(clock);
  const webhooks = createWebhooks({
    ...{ clock, sender, key: { apiKey, apiSecret }, urls: webhookUrls },
    copiesOf: (room) => scripts.peek(room, 'webhooks')?.webhooks,
  });
  const rooms = createRooms({ clock, scripts, webhooks });
  const store = createEgressStore<EgressRun>();
  const destinations = createDestinations(options.bucket ?? { dir: options.mediaDir });
  const context: EgressContext = { clock, store, rooms, scripts, webhooks, upload: createUpload(destinations) };
  rooms.onClosed(({ info }) => {
    for (const run of store.ofRoom(info.name)) if (run.roomSid === info.sid) run.sourceClosed('room');
  });

  const egressService = createEgressService(context);
  const roomService = createRoomService(rooms, clock, (value) => egressService.start({ case: 'roomComposite', value }));
  const methods = createMethods(roomService, egressService);
  const setScript = (request: ScriptRequest, room?: string): void => {
    const { foreign, outageMs } = scripts.set(request, room);
    if (room !== undefined) for (const run of store.ofRoom(room)) run.takeUpScript();
    if (foreign && room !== undefined && rooms.get(room)) {
      scripts.reset(room);
      egressService.startForeign(room);
    }
    if (outageMs !== undefined) {
      // A moment later, so that the control call which asked for it gets its answer.
      clock.after(OUTAGE_LEAD_MS, () => void listener.shut());
      clock.after(OUTAGE_LEAD_MS + outageMs, () => void listener.reopen());
    }
  };

  const listener = await listen(host, port, {
    twirp: createTwirpRoutes({ methods, clock, scripts, store, apiKey, apiSecret }),
    control: createControlRoutes({ clock, rooms, scripts, store, sender, setScript }),
  });

  const { url, shut } = listener;
  return {
    url,
    webhookUrls,
    addWebhookUrl: (url) => {
      if (!webhookUrls.includes(url)) webhookUrls.push(url);
    },
    join: (room, participant) => void rooms.join(room, participant),
    leave: (room, identity) => rooms.leave(room, identity),
    setScript: (script, room) => {
      if (script) setScript(script, room);
      else scripts.reset(room);
    },
    setSpeed: clock.setSpeed,
    egresses: () => structuredClone(store.truths()) as EgressTruth[],
    webhooks: () => sender.log(),
    close: async () => {
      sender.close();
      clock.close();
      await finishAll(store.all());
      await destinations.close();
      await shut();
    },
  };
}
