/** A LiveKit with an egress worker, as the benches use it. */
export interface LiveKit {
  url: string;
  apiKey: string;
  apiSecret: string;
  /** Tally's variables for it and for the files that its recorders write. */
  env: Record<string, string>;
  /** Somebody comes into each of the rooms and stays. */
  join(roomIds: readonly string[]): Promise<void>;
  /** How many egresses it accepted for a room. */
  egressCount(roomId: string): Promise<number>;
  close(): Promise<void>;
}

export interface LiveKitOptions {
  webhookUrl: string;
  /** From accepting an egress until it records, milliseconds; as fast as it can unless told. */
  activeAfterMs?: number;
}

export type OpenLiveKit = (options: LiveKitOptions) => Promise<LiveKit>;
