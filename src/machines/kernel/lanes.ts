interface Lane {
  width: number;
  running: number;
  waiting: (() => Promise<void>)[];
}

/**
 * Queues of tasks: each lane runs a limited number of tasks at once, and no lane waits for another.
 *
 * @param widths number of tasks that each lane runs at once, 1 or more
 */
export function createLanes(widths: Readonly<Record<string, number>>) {
  const lanes = new Map<string, Lane>();
  let idlers: (() => void)[] = [];
  let isClosed = false;

  function laneOf(name: string): Lane {
    const lane = lanes.get(name) ?? { width: widths[name] ?? 1, running: 0, waiting: [] };
    lanes.set(name, lane);
    return lane;
  }

  function drain(lane: Lane): void {
    while (lane.running < lane.width) {
      const work = lane.waiting.shift();
      if (work === undefined) break;
      lane.running += 1;
      void work().finally(() => {
        lane.running -= 1;
        drain(lane);
      });
    }
    if (!isIdle()) return;
    for (const wake of idlers) wake();
    idlers = [];
  }

  const isIdle = () => [...lanes.values()].every(({ running, waiting }) => running === 0 && waiting.length === 0);

  return {
    /** Run a task as soon as its lane has room. A lane without a width runs one task at a time. @param work never rejects */
    enter(name: string, work: () => Promise<void>): void {
      if (isClosed) return;
      const lane = laneOf(name);
      lane.waiting.push(work);
      drain(lane);
    },
    /** Resolves when no task runs or waits. */
    async idle(): Promise<void> {
      while (!isIdle()) await new Promise<void>((resolve) => idlers.push(resolve));
    },
    /** Start no more tasks; waiting tasks are dropped. */
    close(): void {
      isClosed = true;
      for (const lane of lanes.values()) lane.waiting = [];
    },
  };
}
