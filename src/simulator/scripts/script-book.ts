import type { Script, ScriptRequest } from './script.js';
import { buildScript } from './scripts.js';

interface Entry {
  script: Script;
  method: string | undefined;
  left: number;
}

type Facet = Exclude<keyof Script, 'name'>;

/** The current scripts. The script of a room comes first, if it has the facet in question, else the script for all rooms. */
export interface ScriptBook {
  /** @param room undefined for all rooms without a script of their own */
  set(request: ScriptRequest, room?: string): Script;
  reset(room?: string): void;
  /** The current script with this facet, without using up one of its `times`. */
  peek(room: string, facet: Facet): Script | undefined;
  /** The current script with one of these facets; uses up one of its `times`. */
  take(room: string, facets: readonly Facet[], method?: string): Script | undefined;
}

export function createScriptBook(): ScriptBook {
  const rooms = new Map<string, Entry>();
  let everywhere: Entry | undefined;

  const find = (room: string, facets: readonly Facet[], method?: string): Entry | undefined => {
    const own = rooms.get(room);
    if (own && own.left > 0 && isHappy(own.script)) return undefined;
    return [own, everywhere].find(
      (entry) =>
        entry !== undefined &&
        entry.left > 0 &&
        (method === undefined || hits(entry, method)) &&
        facets.some((facet) => entry.script[facet] !== undefined),
    );
  };

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

/** A script without facets exempts its room from the script for all rooms. */
function isHappy(script: Script): boolean {
  return Object.keys(script).length === 1;
}

function hits({ script, method: asked }: Entry, method: string): boolean {
  return (asked === undefined || asked.toLowerCase() === method.toLowerCase()) && (script.hits?.(method) ?? true);
}
