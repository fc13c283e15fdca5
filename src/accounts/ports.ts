export interface ApiKey {
  key: string;
  /** Epoch milliseconds. */
  creationDate: number;
}

/** @throws StoreUnavailableError from every method (retryable) */
export interface ApiKeyStore {
  list(): Promise<ApiKey[]>;
  /** Add a key unless it exists. */
  add(apiKey: ApiKey): Promise<void>;
  removeAll(): Promise<void>;
}

/**
 * Small values of Tally's own, by key. No other program reads or writes them.
 *
 * @throws StoreUnavailableError from every method (retryable)
 */
export interface SettingsStore {
  load(key: string): Promise<string | undefined>;
  /** Replace the value. Safe to repeat. */
  save(key: string, value: string): Promise<void>;
  /** Store the value unless the key has one already. @returns the stored value: of many callers at once, all get the same */
  add(key: string, value: string): Promise<string>;
}
