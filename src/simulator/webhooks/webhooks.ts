import { EgressStatus, type ParticipantInfo, type Room, type TrackInfo } from '@livekit/protocol';
import type { SimulatorClock } from '../clock.js';
import type { Egress } from '../egress/egress.js';
import { createPayload, restamped, skewed, type Subject, type WebhookPayload } from './webhook-payload.js';
import type { WebhookSender } from './webhook-sender.js';
import { forge, sign, type Forgery, type SigningKey } from './webhook-signature.js';

/** An event that is about to be sent. */
export interface Outgoing {
  event: string;
  /** Status of the egress, for egress events. */
  status?: string;
}

/** One delivery of an event. An event without copies is lost. */
export interface Copy {
  afterMs?: number;
  /** Sent after the next or after the last event of the egress, instead of now. */
  held?: 'next' | 'last';
  /** Sent with a new event id, like a repeated update of the worker. */
  newId?: boolean;
  forgery?: Forgery;
  /** Milliseconds by which the sender's clock is ahead. */
  skewMs?: number;
}

/** Decides how often and how an event is sent. */
export type Copies = (outgoing: Outgoing) => readonly Copy[];

export interface Webhooks {
  /** An egress event with the current snapshot. It is sent once, unless `copies` decides otherwise. */
  egress(event: string, egress: Egress, copies?: Copies): void;
  /** A room or participant event with the whole room. */
  room(event: string, room: Room, participant?: ParticipantInfo): void;
  /** A track event with stubs of the room and the participant. */
  track(event: string, room: Room, participant: ParticipantInfo, track: TrackInfo): void;
}

interface Dependencies {
  clock: SimulatorClock;
  /** The rule for the events of a room. Without a rule each event is sent once. */
  copiesOf(room: string): Copies | undefined;
  sender: WebhookSender;
  key: SigningKey;
  /** Read for each event, because the list may grow while the simulator runs. */
  urls: readonly string[];
}

/** The queue and the receivers of an event. */
interface Address {
  queue: string;
  urls: readonly string[];
}

interface Held {
  until: 'next' | 'last';
  send: () => void;
}

const ONCE: readonly Copy[] = [{}];

/** Composes LiveKit's events. The current script may lose, repeat, delay, reorder or forge them. */
export function createWebhooks({ clock, copiesOf, sender, key, urls }: Dependencies): Webhooks {
  const heldOf = new WeakMap<Egress, Held[]>();

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
    const copies = copiesOf(roomName)?.({ event }) ?? ONCE;
    const payload = createPayload(event, subject, clock.now());
    for (const copy of copies) sendSoon(payload, { queue: roomName, urls }, copy);
  };

  return {
    egress: (event, egress, copiesOfEgress) => {
      const { info, job } = egress;
      const address = { queue: info.egressId, urls: [...urls, ...job.webhooks.map(({ url }) => url)] };
      const copies = copiesOfEgress?.({ event, status: EgressStatus[info.status] }) ?? ONCE;
      const stub = info.roomName !== '' && { room: { sid: info.roomId, name: info.roomName } };
      const payload = createPayload(event, { ...stub, egressInfo: info }, clock.now());

      const waiting = heldOf.get(egress) ?? [];
      const due = waiting.filter(({ until }) => until === 'next' || event === 'egress_ended');
      const kept = waiting.filter((held) => !due.includes(held));
      for (const copy of copies) {
        if (copy.held) kept.push({ until: copy.held, send: () => send(payload, address, copy) });
        else sendSoon(payload, address, copy);
      }
      for (const held of due) held.send();
      if (kept.length > 0 || waiting.length > 0) heldOf.set(egress, kept);
    },
    room: (event, room, participant) => roomEvent(event, room.name, { room, ...(participant && { participant }) }),
    track: (event, room, { sid, identity }, track) => {
      roomEvent(event, room.name, { room: { sid: room.sid, name: room.name }, participant: { sid, identity }, track });
    },
  };
}
