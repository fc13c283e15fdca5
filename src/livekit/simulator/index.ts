export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.js';
export { SCRIPT_NAMES, UnknownScriptError } from './scripts.js';
export type { EgressTruth } from './egress.js';
export type { DataPacket, Joining } from './rooms.js';
export type { ScriptRequest } from './script.js';
export type { DeliveryRecord } from './webhook-sender.js';
