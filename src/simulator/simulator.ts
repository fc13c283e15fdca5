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
 * Storage of recordings whose request names none. A folder is created if it is missing, and nothing is written outside it. In a
 * bucket the file's path is the key.
 */
export type MediaOptions = { mediaDir: string; bucket?: undefined } | { mediaDir?: undefined; bucket: BucketSettings };

interface CommonOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** 0, the default, takes a free port. */
  port?: number;
  apiKey: string;
  apiSecret: string;
  webhookUrls: readonly string[];
  /** Divides every delay; default 1. */
  speed?: number;
  /** Pads recordings to the size of real ones, for each second that they last; default 0. A recording is made in memory. */
  bytesPerSecond?: number;
}

/** A simulated LiveKit server with one egress worker, without media. A client of the API cannot tell the difference. */
export interface Simulator {
  readonly url: string;
  /** The receivers of webhooks. URLs may be added at any time. */
  readonly webhookUrls: string[];
  addWebhookUrl(url: string): void;
  /** Join a room, which is created if it is missing. */
  join(room: string, participant: Joining): void;
  /** @returns whether that participant was in the room */
  leave(room: string, identity: string): boolean;
  /**
   * Set the script for what comes next; null resets.
   *
   * @param room by default all rooms without a script of their own
   * @throws UnknownScriptError
   */
  setScript(script: ScriptRequest | null, room?: string): void;
  setSpeed(speed: number): void;
  /** The true course of every egress that was ever accepted. */
  egresses(): EgressTruth[];
  /** Every webhook and the answers to it. */
  webhooks(): readonly DeliveryRecord[];
  /** Ends running egresses and writes their files, then stops listening. Sends no webhooks. */
  close(): Promise<void>;
}

const OUTAGE_LEAD_MS = 50;

export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, apiKey, apiSecret, speed = 1, bytesPerSecond = 0 } = options;
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
  const context: EgressContext = { clock, store, rooms, scripts, webhooks, upload: createUpload(destinations, bytesPerSecond) };
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
      // Wait a moment, so that the control call that sets this script still gets its answer.
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
