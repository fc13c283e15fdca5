/** A running LiveKit with an egress worker. */
export interface LiveKit {
  url: string;
  apiKey: string;
  apiSecret: string;
  /** Variables by which Tally finds it and the files of its recorders. */
  env: Record<string, string>;
  /** Let one participant join each of the rooms and stay. */
  join(roomIds: readonly string[]): Promise<void>;
  /** The number of egresses that it has accepted for a room. */
  egressCount(roomId: string): Promise<number>;
  close(): Promise<void>;
}

export interface LiveKitOptions {
  webhookUrl: string;
  /** Milliseconds from accepting an egress until it records; without it, none are added. */
  activeAfterMs?: number;
}

export type OpenLiveKit = (options: LiveKitOptions) => Promise<LiveKit>;
