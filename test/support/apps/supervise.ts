import type { ActorEvent } from '../../../src/machines/kernel/definition.js';
import { createLocalBus } from '../../../src/machines/kernel/event-bus.js';
import { createSupervisor, type Supervisor, type SupervisorOptions } from '../../../src/machines/kernel/supervisor.js';
import { silentLog } from '../silent-log.js';

/** Creates a supervisor that uses its store alone and logs nothing, unless `options` says otherwise. */
export function supervise<Context extends object, Event extends ActorEvent>(
  options: Pick<SupervisorOptions<Context, Event>, 'definition' | 'handlers' | 'store' | 'clock'> &
    Partial<SupervisorOptions<Context, Event>>,
): Supervisor<Context, Event> {
  return createSupervisor({
    ...{ bus: createLocalBus(), instance: 'one', log: silentLog, dueIntervalMs: 1_000, exclusive: true },
    ...options,
  });
}
