import type { KernelLog } from '../../src/machines/kernel/kernel-log.js';

export const silentLog: KernelLog = { debug() {}, info() {}, warn() {}, error() {} };
