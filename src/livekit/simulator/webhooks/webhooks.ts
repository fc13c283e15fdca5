import { EgressStatus, ParticipantInfo, Room, WebhookEvent, type TrackInfo } from '@livekit/protocol';
import type { SimulatorClock } from '../clock.js';
import type { EgressRun } from '../egress/egress-run.js';
import { newId } from '../ids.js';
import type { Copy } from '../scripts/script.js';
import type { ScriptBook } from '../scripts/script-book.js';
import { authorize, forge, type SigningKey } from './webhook-signature.js';
import type { WebhookSender } from './webhook-sender.js';

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

  const stamp = (event: WebhookEvent): WebhookEvent => {
    event.id = newId('EV_');
    event.createdAt = BigInt(Math.floor(clock.now() / 1000));
    return event;
  };

  const send = (event: WebhookEvent, address: Address, copy: Copy): void => {
    const sent = copy.newId ? stamp(event.clone()) : event;
    const body = sent.toJsonString();
    const skewedNow = clock.now() + (copy.skewMs ?? 0);
    const signed = copy.forgery
      ? forge(copy.forgery, sent, key, clock.now())
      : { body, authorization: authorize(body, key, skewedNow) };
    for (const url of address.urls) sender.enqueue({ key: address.queue, url, event: sent.event, id: sent.id, ...signed });
  };

  const sendSoon = (event: WebhookEvent, address: Address, copy: Copy): void => {
    if (copy.afterMs) clock.after(copy.afterMs, () => send(event, address, copy));
    else send(event, address, copy);
  };

  const roomEvent = (roomName: string, event: WebhookEvent): void => {
    const copies = scripts.peek(roomName, 'webhooks')?.webhooks?.({ event: event.event }) ?? ONCE;
    for (const copy of copies) sendSoon(stamp(event), { queue: roomName, urls }, copy);
  };

  return {
    egress: (name, run) => {
      const { info, job } = run.egress;
      const address = { queue: info.egressId, urls: [...urls, ...job.webhooks.map(({ url }) => url)] };
      const copies = run.facet('webhooks')?.({ event: name, status: EgressStatus[info.status] }) ?? ONCE;
      const stub = info.roomName !== '' && { room: new Room({ sid: info.roomId, name: info.roomName }) };
      // A delayed copy must still show this moment, and the egress moves on.
      const event = stamp(new WebhookEvent({ event: name, ...stub, egressInfo: info.clone() }));

      const waiting = heldOf.get(run) ?? [];
      const due = waiting.filter(({ until }) => until === 'next' || name === 'egress_ended');
      const kept = waiting.filter((held) => !due.includes(held));
      for (const copy of copies) {
        if (copy.held) kept.push({ until: copy.held, send: () => send(event, address, copy) });
        else sendSoon(event, address, copy);
      }
      for (const held of due) held.send();
      if (kept.length > 0 || waiting.length > 0) heldOf.set(run, kept);
    },
    room: (name, room, participant) => {
      roomEvent(
        room.name,
        new WebhookEvent({ event: name, room: room.clone(), ...(participant && { participant: participant.clone() }) }),
      );
    },
    track: (name, room, { sid, identity }, track) => {
      const stub = { room: new Room({ sid: room.sid, name: room.name }), participant: new ParticipantInfo({ sid, identity }) };
      roomEvent(room.name, new WebhookEvent({ event: name, ...stub, track: track.clone() }));
    },
  };
}
