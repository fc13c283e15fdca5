import type { EgressObservation } from '../ports/egress-gateway.js';
import type { LiveKitRoom } from '../ports/room-gateway.js';

/** An incoming LiveKit webhook, decoded. Events that mean nothing to us are `ignored`. */
export type LiveKitEvent =
  | { kind: 'egress'; name: string; egress: EgressObservation }
  | { kind: 'room_started'; room: LiveKitRoom }
  | { kind: 'room_finished'; room: LiveKitRoom }
  | { kind: 'ignored'; name: string };
