import type { EgressGateway } from './egress-gateway.js';
import type { RoomGateway } from './room-gateway.js';

/** Both services of LiveKit that Tally uses: egress and rooms. */
export interface LiveKitGateway extends EgressGateway, RoomGateway {}
