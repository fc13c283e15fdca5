/** What receivers are to be told of one transition. */
export interface Notice {
  kind: 'recording' | 'room';
  /** Key of the entity: a recording's uid, a room's id. */
  key: string;
  /** Version of the entity that the transition produced: orders the notices of one entity. */
  version: number;
  /** Such as `recordingStarted`. */
  name: string;
  /** The entity's public status at that transition. */
  status: string;
  /** The entity as it is stored now. */
  entity: object;
}

/** Takes the notices of all entities. */
export interface Notifications {
  /** Keep a notice for its receivers; a repeat changes nothing. @throws StoreUnavailableError retryable */
  append(notice: Notice): Promise<void>;
}

interface NotifyRun {
  key: string;
  document: object;
  effect: { since: number; params: Readonly<Record<string, unknown>> };
}

/** The notice that the effect `notify` owes: its parameters name the notice and the status. */
export function noticeOf(kind: Notice['kind'], { key, document, effect }: NotifyRun): Notice {
  const { notice, status } = effect.params;
  return { kind, key, version: effect.since, name: String(notice), status: String(status), entity: document };
}
