export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** What it has written to stdout so far. */
  readonly lines: readonly string[];
  /** Both of its streams, in the run's folder. */
  readonly logFile: string;
  readonly exited: Promise<number | string>;
  isRunning(): boolean;
  /** Kill this one process, as a crash would; what it started is left to look after itself. */
  kill(): Promise<void>;
  /** Stop it and everything in its group; fine when it is gone already. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly ready: (lines: readonly string[]) => boolean | Promise<boolean>;
  readonly readyTimeoutMs?: number;
  readonly stopSignal?: NodeJS.Signals;
}

export function startProcess(options: ProcessOptions): Promise<RunningProcess>;

/** What run.mjs hands to a run: its folder and the paths of the programs. */
export function runSettings(): { readonly dir: string; readonly programs: Readonly<Record<string, string>> };

/** One row of the table of servers. */
export interface Program {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly source: string;
}

/** Servers of one run; all of them are gone when it is closed or its process ends. */
export interface ServicesRun {
  readonly programs: readonly Program[];
  readonly dir: string;
  /** Variables by which a run is known to `runSettings` and to what it starts. */
  readonly env: Readonly<Record<string, string>>;
  reap(): Promise<void>;
  close(): Promise<void>;
}
/** @throws Error when a program cannot be had */
export function openRun(log: (line: string) => void): Promise<ServicesRun>;

export interface Redis extends RunningProcess {
  readonly port: number;
  readonly address: string;
  /** Start it once more with the same port and settings, after it was killed. */
  startAgain(): Promise<RunningProcess>;
  /** Forget everything, as a Redis without persistence does when it restarts; connections stay. */
  flush(): Promise<void>;
}
/**
 * @param options.args more of Redis's own options
 * @param options.tls options that name certificates: then every connection is encrypted
 */
export function startRedis(options?: { readonly args?: readonly string[]; readonly tls?: readonly string[] }): Promise<Redis>;

export const minioUser: string;
export const minioPassword: string;
export interface Minio extends RunningProcess {
  /** Start it once more with the same port and data, after it was killed. */
  startAgain(): Promise<RunningProcess>;
  readonly port: number;
  readonly endpoint: string;
}
/** An S3 server without buckets. */
export function startMinio(): Promise<Minio>;

export interface MongoNode extends RunningProcess {
  /** `host:port` */
  readonly address: string;
  /** Hold it still, as a machine that hangs does, until `resume`. */
  pause(): void;
  resume(): void;
}
export interface MongoReplicaSet {
  readonly uri: string;
  readonly nodes: readonly MongoNode[];
  /** The node that says that it is the primary; waits until there is one. */
  primary(): Promise<MongoNode>;
  /** Ask the primary to step down for some seconds, as maintenance does. */
  stepDown(): Promise<void>;
  /** Start a node once more on its data, after it was killed. */
  startAgain(node: MongoNode): Promise<MongoNode>;
  stop(): Promise<void>;
}
/** A replica set of three. */
export function startMongo(): Promise<MongoReplicaSet>;

export const liveKitKey: string;
export const liveKitSecret: string;
export interface LiveKit extends RunningProcess {
  readonly url: string;
  readonly wsUrl: string;
  /** Start it once more with the same ports and settings, after it was killed. */
  startAgain(): Promise<RunningProcess>;
}
export function startLiveKit(options: { readonly redis: string; readonly webhookUrls: readonly string[] }): Promise<LiveKit>;

export interface EgressWorkerOptions {
  readonly redis: string;
  readonly wsUrl: string;
  readonly filesDir: string;
  readonly media?: boolean;
  readonly capacity?: number;
  readonly activeAfterMs?: number;
  /** Files go into this bucket, which exists, instead of the folder. */
  readonly s3?: Readonly<Record<'endpoint' | 'bucket' | 'accessKey' | 'secretKey', string>>;
}
export function startEgressWorker(options: EgressWorkerOptions): Promise<RunningProcess>;

/** One participant in each of many meetings, all in one process, who neither shows nor says anything. */
export function joinSilently(wsUrl: string, roomIds: readonly string[], identity: string): Promise<RunningProcess>;

/** What lets a participant into a room. */
export function participantToken(room: string, identity: string): Promise<string>;

export function freeTcpPort(): Promise<number>;

/** Ask until the answer is neither false nor undefined, and return it. */
export function poll<T>(
  what: string,
  timeoutMs: number,
  ask: () => T | Promise<T>,
  everyMs?: number,
): Promise<Exclude<T, false | undefined>>;
