import type { PendingEffect } from '../../src/machines/kernel/document.js';
import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import { adapters } from './stores.js';

/**
 * Make a stored recording owe an effect, leased to a process that is no more: as it is when one is killed after its commit.
 *
 * @param leaseMs what is left of the lease; below 0 it is over
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
