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
