import type { PendingEffect } from '../../src/machines/kernel/document.js';
import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import { adapters } from './stores/stores.js';

/**
 * Adds a pending effect to a stored recording, leased to a dead instance, as if the instance was killed after its commit.
 *
 * @param leaseMs remaining time of the lease, milliseconds; negative when the lease has expired
 */
export async function oweEffect(
  store: RecordingStore,
  uid: string,
  name: string,
  params: PendingEffect['params'],
  leaseMs = adapters.leaseMs,
): Promise<void> {
  const document = await store.load(uid);
  if (document === undefined) throw new Error(`no recording ${uid}`);
  const version = document.tally.version + 1;
  const now = Date.now();
  const leaseUntil = now + leaseMs;
  const effect = {
    key: name,
    name,
    params,
    since: version,
    attempts: 0,
    notBefore: now,
    leaseUntil,
    leasedBy: 'a killed process',
  };
  const tally = { ...document.tally, version, effects: [...document.tally.effects, effect], dueAt: leaseUntil };
  if (!(await store.save(uid, { ...document, tally }, version - 1, { durable: true })))
    throw new Error(`${uid} changed meanwhile`);
}
