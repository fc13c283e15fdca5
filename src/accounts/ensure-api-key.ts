import { createHash, randomBytes } from 'node:crypto';

import { waitForLock, type WaitOptions } from '../held-lock.js';
import type { ApiKeyStore, SettingsStore } from './ports.js';

export interface FirstKeyOptions extends Pick<WaitOptions, 'locks' | 'clock' | 'signal' | 'log'> {
  apiKeys: ApiKeyStore;
  settings: Pick<SettingsStore, 'load' | 'save'>;
  /** `MEET_INITIAL_API_KEY` */
  initialKey: string | undefined;
  /** `TALLY_RESET_API_KEY`: the keys are replaced once for each text. */
  resetText: string | undefined;
  /** Stored keys with fewer characters are reported. */
  shortestKey: number;
}

/** The lock of OpenVidu Meet for the first documents of a store, and its lifetime, milliseconds. */
const LOCK = 'storage_initialization';
const LOCK_TTL_MS = 30_000;
/** Before the digest of a text: the setting that the keys were replaced for it. */
const REPLACED_FOR = 'apiKeysReplacedFor:';

/**
 * The first API key: the oldest stored one, else the configured one, else a generated `ovmeet-` and 32 hexadecimal characters. A
 * configured key that is not stored, and stored keys that are too short, are reported.
 *
 * @throws StoreUnavailableError retryable
 * @throws the reason of `signal`, if it is aborted
 */
export async function ensureApiKey(options: FirstKeyOptions): Promise<string> {
  const lock = await waitForLock(LOCK, { ...options, ttlMs: LOCK_TTL_MS, work: 'the preparations of the store' });
  try {
    await storeFirstKey(options);
    return await oldestKey(options);
  } finally {
    await lock?.release();
  }
}

/** A process that is killed here repeats the replacement at its next start, because the text is remembered last. */
async function storeFirstKey({ apiKeys, settings, initialKey, resetText, clock, log }: FirstKeyOptions): Promise<void> {
  const digest = createHash('sha256')
    .update(resetText ?? '')
    .digest('hex');
  const setting = `${REPLACED_FOR}${digest}`;
  const replaces = resetText !== undefined && (await settings.load(setting)) === undefined;
  if (replaces) await apiKeys.removeAll();
  if ((await apiKeys.list()).length === 0) {
    await apiKeys.add({ key: initialKey ?? `ovmeet-${randomBytes(16).toString('hex')}`, creationDate: clock.now() });
  }
  if (!replaces) return;
  await settings.save(setting, String(clock.now()));
  log.warn({}, 'TALLY_RESET_API_KEY: the stored API keys were replaced by a new one');
}

async function oldestKey({ apiKeys, initialKey, shortestKey, log }: FirstKeyOptions): Promise<string> {
  // Without the lock, two instances may each have stored a key: from the next start on, both show the older one.
  const stored = (await apiKeys.list()).sort((a, b) => a.creationDate - b.creationDate || (a.key < b.key ? -1 : 1));
  if (initialKey !== undefined && !stored.some(({ key }) => key === initialKey)) {
    log.warn({}, 'MEET_INITIAL_API_KEY has no effect: the store has other API keys, which TALLY_RESET_API_KEY replaces');
  }
  if (stored.some(({ key }) => key.length < shortestKey)) {
    log.warn({}, `a stored API key has fewer than ${shortestKey} characters and can be guessed: replace it by a longer one`);
  }
  const [first] = stored;
  if (first === undefined) throw new Error('every API key was deleted during the start');
  return first.key;
}
