import type { Clock } from '../../clock.js';
import type { ActorDefinition, ActorEvent } from './definition.js';
import type { ActorDocument } from './document.js';

export interface DeadlineOptions<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  clock: Clock;
  /** Never rejects. */
  fire(key: string, event: Event): Promise<void>;
}

/** Deadlines that this process armed: fired by the monotonic clock, whatever the wall clock does meanwhile. */
export interface Deadlines<Context extends object> {
  /** Follow the stored document: arm its deadline, and let go of one that it has no more. */
  arm(key: string, document: ActorDocument<Context>): void;
  /** Whether the timer of exactly this deadline runs here. */
  isArmed(key: string, generation: number): boolean;
  stop(): void;
}

export function createDeadlines<Context extends object, Event extends ActorEvent>(
  options: DeadlineOptions<Context, Event>,
): Deadlines<Context> {
  const { definition, clock, fire } = options;
  const armed = new Map<string, { generation: number; cancel: () => void }>();
  let stopped = false;

  return {
    arm(key, document) {
      const deadline = definition.deadlineOf(document);
      const current = armed.get(key);
      if (current !== undefined) {
        if (current.generation === deadline?.generation) return;
        current.cancel();
        armed.delete(key);
      }
      if (deadline === undefined || stopped) return;
      const { generation } = deadline;
      const cancel = clock.after(deadline.at - clock.now(), () => {
        armed.delete(key);
        void fire(key, definition.deadlinePassed(generation, clock.now()));
      });
      armed.set(key, { generation, cancel });
    },
    isArmed: (key, generation) => armed.get(key)?.generation === generation,
    stop() {
      stopped = true;
      for (const { cancel } of armed.values()) cancel();
      armed.clear();
    },
  };
}
