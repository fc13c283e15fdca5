import { levelOfRetried, toError } from '../../errors.js';
import type { Committer } from './committer.js';
import { taking } from './compose.js';
import type { ActorEvent, Hosting } from './definition.js';
import type { ActorDocument } from './document.js';

export type Deadlines = ReturnType<typeof createDeadlines>;

/** Timers of this process for the deadlines in documents that it wrote. They run on the monotonic clock, which never jumps. */
export function createDeadlines<Context extends object, Event extends ActorEvent>(
  { definition, clock, log }: Hosting<Context, Event>,
  committer: Committer<Context>,
) {
  const armed = new Map<string, { generation: number; cancel: () => void }>();
  let stopped = false;

  /** Start the timer of the document's deadline, and cancel the timer of a deadline that it no longer has. */
  function arm(key: string, document: ActorDocument<Context>): void {
    const deadline = definition.deadline?.of(document);
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
      void pass(key, generation);
    });
    armed.set(key, { generation, cancel });
  }

  async function pass(key: string, generation: number): Promise<void> {
    const event = definition.deadline?.passed(generation, clock.now());
    if (event === undefined) return;
    await committer.commit(key, taking(definition, event)).catch((error: unknown) => {
      log[levelOfRetried(error)]({ [definition.kind]: key, err: toError(error) }, 'deadline left to the sweep');
    });
  }

  committer.follow((key, { after }) => arm(key, after));

  return {
    /** Whether this process has a timer for exactly this deadline. */
    isArmed: (key: string, generation: number) => armed.get(key)?.generation === generation,
    stop(): void {
      stopped = true;
      for (const { cancel } of armed.values()) cancel();
      armed.clear();
    },
  };
}
