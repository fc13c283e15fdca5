import type { EgressGateway } from './egress-gateway.js';
import type { RoomGateway } from './room-gateway.js';

/** LiveKit for those who need both of its services. */
export interface LiveKitGateway extends EgressGateway, RoomGateway {}
