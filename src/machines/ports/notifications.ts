/** A notification about one transition of a recording or room. */
export interface Notice {
  kind: 'recording' | 'room';
  /** Key of the entity: a recording's uid, a room's id. */
  key: string;
  /** Version of the entity that the transition produced: orders the notices of one entity. */
  version: number;
  /** Name of the notification, such as `recordingStarted`. */
  name: string;
  /** The entity's public status at that transition. */
  status: string;
  /** The entity as it is stored now. */
  entity: object;
}

/** Stores the notices of all recordings and rooms for their receivers. */
export interface Notifications {
  /** Store a notice; storing it again changes nothing. @throws StoreUnavailableError retryable */
  append(notice: Notice): Promise<void>;
}

interface NotifyRun {
  key: string;
  document: object;
  effect: { since: number; params: Readonly<Record<string, unknown>> };
}

/** Builds the notice of a `notify` effect, whose parameters contain the notice's name and the status. */
export function noticeOf(kind: Notice['kind'], { key, document, effect }: NotifyRun): Notice {
  const { notice, status } = effect.params;
  return { kind, key, version: effect.since, name: String(notice), status: String(status), entity: document };
}
