import type { Script, ScriptRequest } from './script.js';
import { buildScript } from './scripts.js';

interface Entry {
  script: Script;
  method: string | undefined;
  left: number;
}

type Facet = Exclude<keyof Script, 'name'>;

/** Which script holds now: the room's, else everybody's. */
export interface ScriptBook {
  /** @param room undefined for every room without a script of its own */
  set(request: ScriptRequest, room?: string): Script;
  reset(room?: string): void;
  /** The script that says something about this facet, without using it up. */
  peek(room: string, facet: Facet): Script | undefined;
  /** The same, and one of its `times` is used up. */
  take(room: string, facets: readonly Facet[], method?: string): Script | undefined;
}

export function createScriptBook(): ScriptBook {
  const rooms = new Map<string, Entry>();
  let everywhere: Entry | undefined;

  const find = (room: string, facets: readonly Facet[], method?: string): Entry | undefined =>
    [rooms.get(room), everywhere].find(
      (entry) =>
        entry !== undefined &&
        entry.left > 0 &&
        (method === undefined || entry.method === undefined || entry.method.toLowerCase() === method.toLowerCase()) &&
        (method === undefined || (entry.script.hits?.(method) ?? true)) &&
        facets.some((facet) => entry.script[facet] !== undefined),
    );

  return {
    set: (request, room) => {
      const script = buildScript(request);
      const entry: Entry = { script, method: request.method, left: request.times ?? Infinity };
      if (room === undefined) everywhere = entry;
      else rooms.set(room, entry);
      return script;
    },
    reset: (room) => {
      if (room === undefined) everywhere = undefined;
      else rooms.delete(room);
    },
    peek: (room, facet) => find(room, [facet])?.script,
    take: (room, facets, method) => {
      const entry = find(room, facets, method);
      if (entry) entry.left -= 1;
      return entry?.script;
    },
  };
}
