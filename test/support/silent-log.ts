import type { Log } from '../../src/logging.js';

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
