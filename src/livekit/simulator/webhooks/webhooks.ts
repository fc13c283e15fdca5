import { EgressStatus, type ParticipantInfo, type Room, type TrackInfo } from '@livekit/protocol';
import type { SimulatorClock } from '../clock.js';
import type { EgressRun } from '../egress/egress-run.js';
import type { Copy } from '../scripts/script.js';
import type { ScriptBook } from '../scripts/script-book.js';
import { createPayload, restamped, skewed, type Subject, type WebhookPayload } from './webhook-payload.js';
import type { WebhookSender } from './webhook-sender.js';
import { forge, sign, type SigningKey } from './webhook-signature.js';

export interface Webhooks {
  /** An egress event, with the snapshot of this moment. */
  egress(event: string, run: EgressRun): void;
  /** A room or participant event, with the whole room. */
  room(event: string, room: Room, participant?: ParticipantInfo): void;
  /** A track event, with stubs of room and participant. */
  track(event: string, room: Room, participant: ParticipantInfo, track: TrackInfo): void;
}

interface Dependencies {
  clock: SimulatorClock;
  scripts: ScriptBook;
  sender: WebhookSender;
  key: SigningKey;
  /** Read at each event: it may grow while the simulator runs. */
  urls: readonly string[];
}

/** Where an event goes: through which queue, to which receivers. */
interface Address {
  queue: string;
  urls: readonly string[];
}

interface Held {
  until: 'next' | 'last';
  send: () => void;
}

const ONCE: readonly Copy[] = [{}];

/** Composes LiveKit's events, and lets the script at hand lose, repeat, delay, reorder or forge them. */
export function createWebhooks({ clock, scripts, sender, key, urls }: Dependencies): Webhooks {
  const heldOf = new WeakMap<EgressRun, Held[]>();

  const send = (payload: WebhookPayload, address: Address, copy: Copy): void => {
    const now = clock.now();
    const skewedNow = now + (copy.skewMs ?? 0);
    const sent = copy.newId ? restamped(payload, now) : copy.skewMs ? skewed(payload, skewedNow) : payload;
    const signed = copy.forgery ? forge(copy.forgery, sent, key, now) : sign(sent, key, skewedNow);
    for (const url of address.urls) sender.enqueue({ key: address.queue, url, event: sent.event, id: sent.id, ...signed });
  };

  const sendSoon = (payload: WebhookPayload, address: Address, copy: Copy): void => {
    if (copy.afterMs) clock.after(copy.afterMs, () => send(payload, address, copy));
    else send(payload, address, copy);
  };

  const roomEvent = (event: string, roomName: string, subject: Subject): void => {
    if (urls.length === 0) return;
    const copies = scripts.peek(roomName, 'webhooks')?.webhooks?.({ event }) ?? ONCE;
    const payload = createPayload(event, subject, clock.now());
    for (const copy of copies) sendSoon(payload, { queue: roomName, urls }, copy);
  };

  return {
    egress: (event, run) => {
      const { info, job } = run.egress;
      const address = { queue: info.egressId, urls: [...urls, ...job.webhooks.map(({ url }) => url)] };
      const copies = run.facet('webhooks')?.({ event, status: EgressStatus[info.status] }) ?? ONCE;
      const stub = info.roomName !== '' && { room: { sid: info.roomId, name: info.roomName } };
      const payload = createPayload(event, { ...stub, egressInfo: info }, clock.now());

      const waiting = heldOf.get(run) ?? [];
      const due = waiting.filter(({ until }) => until === 'next' || event === 'egress_ended');
      const kept = waiting.filter((held) => !due.includes(held));
      for (const copy of copies) {
        if (copy.held) kept.push({ until: copy.held, send: () => send(payload, address, copy) });
        else sendSoon(payload, address, copy);
      }
      for (const held of due) held.send();
      if (kept.length > 0 || waiting.length > 0) heldOf.set(run, kept);
    },
    room: (event, room, participant) => roomEvent(event, room.name, { room, ...(participant && { participant }) }),
    track: (event, room, { sid, identity }, track) => {
      roomEvent(event, room.name, { room: { sid: room.sid, name: room.name }, participant: { sid, identity }, track });
    },
  };
}
