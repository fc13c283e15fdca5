export { createSimulator, type Simulator, type MediaOptions, type SimulatorOptions } from './simulator.js';
export { SCRIPT_NAMES, UnknownScriptError } from './scripts/scripts.js';
export type { EgressTruth } from './egress/egress.js';
export type { DataPacket, Joining } from './rooms/rooms.js';
export type { ScriptRequest } from './scripts/script.js';
export type { DeliveryRecord } from './webhooks/webhook-sender.js';
export { bucketOf } from './media/bucket-settings.js';
