import { RoomServiceClient } from 'livekit-server-sdk';

import type { DeliveryRecord, EgressTruth, ScriptRequest } from '../../../src/simulator/index.js';

export interface SimulatorAddress {
  url: string;
  apiKey: string;
  apiSecret: string;
}

/** A client of the simulator's control interface, which shows what each egress really did. */
export type SimulatorControl = ReturnType<typeof createSimulatorControl>;

export function createSimulatorControl({ url, apiKey, apiSecret }: SimulatorAddress) {
  const rooms = new RoomServiceClient(url, apiKey, apiSecret);

  async function call<Body>(method: string, path: string, body?: object): Promise<Body> {
    const answer = await fetch(`${url}/simulator${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Body;
  }

  return {
    url,
    join: (room: string, identity = 'ada') => call('POST', `/rooms/${room}/participants`, { identity, publish: true }),
    leave: (room: string, identity = 'ada') => call('DELETE', `/rooms/${room}/participants/${identity}`),
    /** @param room default: every room without its own script */
    script: (script: ScriptRequest, room?: string) =>
      call('PUT', room === undefined ? '/script' : `/rooms/${room}/script`, script),
    resetScript: (room?: string) => call('DELETE', room === undefined ? '/script' : `/rooms/${room}/script`),
    setSpeed: (speed: number) => call('PUT', '/clock', { speed }),
    egresses: () => call<EgressTruth[]>('GET', '/egresses'),
    webhooks: () => call<DeliveryRecord[]>('GET', '/webhooks'),
    rooms: () => call<{ name: string; recorders: string[] }[]>('GET', '/rooms'),
    /** Deletes a room by LiveKit's API, without Tally. */
    deleteRoom: (room: string) => rooms.deleteRoom(room),
  };
}
